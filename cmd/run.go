package cmd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"hookonce/chaos"
	"hookonce/dedupe/audit"
	"hookonce/dedupe/observe"
	"hookonce/dedupe/reference"
	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/fixture"
	"hookonce/replay/redact"
)

// RunOptions are the flags of run.
type RunOptions struct {
	PlanningOptions
	ConductOptions
	MiddleOptions
	ExecOptions
	RequestOptions
	Targets    []string
	AllowHosts []string
	Headers    []string
	CACert     string
	Insecure   bool
	Wait       time.Duration
	Transport  string
	Reset      string
	Effects    []string
	Expect     map[string]string
	Checks     []string
	Volatile   []string
	Sweep      string
}

// NewRunCmd is the main job.
func NewRunCmd(s *Streams) *cobra.Command {
	var o RunOptions
	c := &cobra.Command{
		Use:   "run [FIXTURE|DIR ...]",
		Short: "Replay webhooks with faults, watch the effects, and judge the endpoint",
		Long: `Sends the fixtures to an endpoint: first cleanly, to learn what normal is, then duplicated,
raced, reordered, timed out and redelivered. It watches the effects the endpoint commits, runs
the same plan through a reference implementation, and says what was processed twice, lost or
overwritten. FIXTURE may be - for stdin.

Exit codes: 0 pass, 1 violations, 2 usage, 3 inconclusive, 4 the run could not be carried out.`,
		Example: `  hookonce run ./fixtures --target http://localhost:3000/webhooks/stripe \
    --effects http://localhost:3000/effects --out junit=hookonce.xml
  hookonce run events.jsonl --target http://localhost:3000/hook \
    --effects 'exec:psql -tAc "select id, count(*) from charges group by 1"'`,
		RunE: func(c *cobra.Command, args []string) error { return runRun(c, s, &o, args) },
	}
	o.addFlags(c, s)
	return c
}

func (o *RunOptions) addFlags(c *cobra.Command, s *Streams) {
	o.addEndpoint(c)
	o.PlanningOptions.add(c.Flags())
	o.MiddleOptions.add(c.Flags())
	o.ExecOptions.add(c.Flags())
	o.RequestOptions.add(c.Flags())
	o.addSweep(c.Flags())
	o.ConductOptions.add(c)
}

// addEndpoint adds the flags that say where the endpoint is, how it is reached, and how its effects are judged.
func (o *RunOptions) addEndpoint(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&o.Targets, "target", nil, "`URL` of the endpoint; repeat it for the addresses of its replicas, over which deliveries and the copies of a race are spread")
	f.StringVar(&o.PublicURL, "public-url", "", "`URL` the endpoint believes it has, for providers that sign it (default: the target)")
	f.StringVar(&o.WebhookID, "webhook-id", "", "PayPal: `ID` of the endpoint's webhook, which is signed")
	f.StringVar(&o.CertURL, "cert-url", "", "PayPal: `URL` of your own certificate, for an endpoint that trusts it")
	o.addSecrets(f)
	f.StringArrayVar(&o.Effects, "effects", nil, "effect `source`: http://..., exec:CMD, listen:ADDR[?forward=URL], log:FILE#REGEXP, postgres://...#QUERY, mysql://, sqlite:, redis:// (repeatable); 'listen:{effects}?forward=http://127.0.0.1:9000' stands before the real service; GET, HEAD and OPTIONS count only where ?method=GET,POST names them")
	f.StringToStringVar(&o.Expect, "expect-effects", nil, "`TYPE=N`: an event of this type has N effects, whatever control shows")
	f.StringSliceVar(&o.Checks, "checks", nil, "checks that must be decided, as a `list`: an undecided one makes the run inconclusive")
	f.StringSliceVar(&o.Volatile, "volatile", nil, "`names` of response members that may differ between two answers to one event")
	f.StringArrayVar(&o.AllowHosts, "allow-host", nil, "`host` outside loopback and private networks that may be attacked (repeatable)")
	f.StringArrayVar(&o.Headers, "header", nil, "`'Name: value'` sent with every delivery (repeatable)")
	f.StringVar(&o.CACert, "cacert", "", "PEM `file` with the certificate authority of an https target")
	f.BoolVar(&o.Insecure, "insecure", false, "do not verify the certificate of an https target")
	f.DurationVar(&o.Wait, "wait", 0, "how long to wait for the endpoint, and the effect sources, to come up")
	f.StringVar(&o.Transport, "transport", string(dispatch.TransportAuto), "how the copies of a race travel: raw (HTTP/1.1, a connection each), h2 (HTTP/2, one packet), mixed (both), or `auto`, which asks an https target")
	f.StringVar(&o.Reset, "reset", "", "`command` to run before the run, such as one that empties a test database")
	o.addConfig(f)
}

func runRun(c *cobra.Command, s *Streams, o *RunOptions, args []string) error {
	largePages()
	args, err := o.configure(c, s, args)
	if err != nil {
		return err
	}
	o.completeSecrets(s)
	if len(args) == 0 && !o.describedFixtures() || len(o.Targets) == 0 && o.Exec == "" {
		return missingArguments(len(args) > 0 || o.describedFixtures(), len(o.Targets) > 0)
	}
	if err := o.checkSweep(); err != nil {
		return err
	}
	if o.request, err = o.RequestOptions.parse(); err != nil {
		return err
	}
	o.sink = sinks(o.Effects)
	show := newProgress(s)
	m, err := o.openMiddle(c, show)
	if err != nil {
		return err
	}
	if m != nil {
		defer m.close()
	}
	e, err := o.allot(s, m, show.Say)
	if err != nil {
		return err
	}
	if e != nil {
		defer e.close()
	}
	target, err := o.target()
	if err != nil {
		return err
	}
	if err := o.mayAttack(c.Context(), target); err != nil {
		return err
	}
	o.takeAddresses(target)
	outs, err := o.outputs(s)
	if err != nil {
		return err
	}
	expect, err := o.expectations()
	if err != nil {
		return err
	}
	set, err := o.load(s, args)
	if err != nil {
		return usagef("%w", err)
	}
	calm := hurry(len(set.Events))
	defer calm()
	header := replay.Header{Target: redact.URL(o.Targets[0]), Targets: replicas(o.Targets), Expect: expect, Checks: o.Checks, Volatile: o.Volatile}
	prepare := func(v variation) (*conduct, error) {
		return o.prepare(c.Context(), set, show, v, conduct{target: target, wait: o.Wait, transport: dispatch.Transport(o.Transport), header: header, middle: m, endpoint: e, calm: calm})
	}
	if o.Sweep != "" {
		return sweep(c.Context(), s, o, show, prepare)
	}
	return perform(c.Context(), s, o.ConductOptions, outs, show, prepare)
}

// prepare completes a run with its plan and its effect sources, and resets the endpoint.
func (o RunOptions) prepare(ctx context.Context, set fixture.Set, show *progress, v variation, c conduct) (*conduct, error) {
	v.shape(&o.PlanningOptions)
	var err error
	if c.p, err = o.planWith(set, show.Say); err != nil {
		return nil, err
	}
	if err = errors.Join(c.p.signable(), c.checkLate()); err != nil {
		return nil, err
	}
	if o.request != nil {
		c.request = o.request.of
	}
	c.target.Routes = c.p.routes(c.target.URL)
	ids := o.idsOf(c.p.plan)
	calls := observe.Options{Fails: failingFirst(c.p.plan)}
	if o.sink {
		c.downstream = newDownstream(c.p.plan)
		calls.Strike = c.downstream.strike
	}
	if c.sources, err = o.sourcesOf(ctx, ids, calls); err != nil {
		return nil, err
	}
	c.more = func(events []replay.Event) {
		for _, e := range events {
			ids().Add(e)
		}
	}
	c.header.Command = v.command(os.Args, c.p.plan.Seed, o.hidden)
	return &c, o.reset(ctx, show)
}

// missingArguments tells what is missing, and the shortest line that works.
func missingArguments(fixtures, target bool) error {
	var missing []string
	if !fixtures {
		missing = append(missing, "fixtures (files, folders, or - for stdin)")
	}
	if !target {
		missing = append(missing, "--target URL (or --exec COMMAND, which starts the endpoint)")
	}
	return usagef("run: missing %s. For example: hookonce run ./fixtures --target http://localhost:3000/webhooks --secret whsec_... "+
		"--effects http://localhost:3000/effects; or see it work first: hookonce demo", strings.Join(missing, " and "))
}

func (o *RunOptions) target() (dispatch.Target, error) {
	if o.Transport != "" && !slices.Contains(dispatch.Transports(), o.Transport) {
		return dispatch.Target{}, usagef("--transport %s: unknown; choose from %s", safe(o.Transport), strings.Join(dispatch.Transports(), ", "))
	}
	t := dispatch.Target{Header: http.Header{}, Guard: o.guard()}
	for _, address := range o.Targets {
		u, err := targetURL(address)
		switch {
		case err != nil:
			return t, err
		case t.URL == nil:
			t.URL = u
			continue
		case u.Scheme != t.URL.Scheme || u.EscapedPath() != t.URL.EscapedPath():
			return t, usagef("--target %s: replicas of one endpoint differ in their host and port only, and %s came first", safe(redact.URL(address)), safe(redact.URL(o.Targets[0])))
		}
		t.Replicas = append(t.Replicas, u)
	}
	for _, h := range o.Headers {
		name, value, found := strings.Cut(h, ":")
		if !found || strings.TrimSpace(name) == "" {
			first, _, _ := strings.Cut(strings.TrimSpace(h), " ") // behind it the value may stand, which may be secret
			return t, usagef("--header: %s is none; give it as 'Name: value'", safe(first))
		}
		t.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if t.URL.Scheme == "https" {
		t.TLS = &tls.Config{InsecureSkipVerify: o.Insecure} //nolint:gosec // asked for by --insecure
		if o.CACert != "" {
			var err error
			if t.TLS.RootCAs, err = certPool(o.CACert); err != nil {
				return t, err
			}
		}
	}
	return t, nil
}

func certPool(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("--cacert: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, usagef("--cacert %s: no certificate in it (PEM is needed)", path)
	}
	return pool, nil
}

func (o *RunOptions) expectations() (map[string]int, error) {
	for _, name := range o.Checks {
		if !slices.Contains(audit.Codes(), name) {
			return nil, usagef("--checks %s: unknown; choose from %s", safe(name), strings.Join(audit.Codes(), ", "))
		}
	}
	if len(o.Expect) == 0 {
		return nil, nil
	}
	out := map[string]int{}
	for t, text := range o.Expect {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, usagef("--expect-effects %s=%s: N must be a number, 0 or more", safe(t), safe(text))
		}
		out[t] = n
	}
	return out, nil
}

// failingFirst says which ids' first call a sink fails that is told to fail half of the events: none of those that show what is normal.
func failingFirst(p replay.Plan) func(id string) bool {
	failing := sync.OnceValue(func() map[string]bool {
		fails, failing := reference.FailHalf(p), map[string]bool{}
		for _, e := range p.Events {
			if fails(e, 1) {
				failing[e.Key] = true
			}
		}
		return failing
	})
	return func(id string) bool { return failing()[id] }
}

// planIDs are the ids of a plan, collected when a source first asks, or before.
type planIDs func() *observe.IDs

// idsOf begins to collect the ids of a plan: nobody asks for them before an effect is seen.
func (o *RunOptions) idsOf(p replay.Plan) planIDs {
	ids := sync.OnceValue(func() *observe.IDs { return observe.IDsOf(p) })
	if len(o.Effects) > 0 {
		go ids()
	}
	return ids
}

func (ids planIDs) Known(id string) bool { return ids().Known(id) }
func (ids planIDs) Event(id string) bool { return ids().Event(id) }

// knowing tells the ids of a plan from others, and those of its events from others of the plan.
type knowing interface {
	Known(id string) bool
	Event(id string) bool
}

var _, _ knowing = planIDs(nil), (*observe.IDs)(nil)

// sourcesOf are the effect sources. calls says what happens to those the endpoint makes to a sink.
func (o *RunOptions) sourcesOf(ctx context.Context, ids knowing, calls observe.Options) ([]observe.Source, error) {
	var out []observe.Source
	calls.Known, calls.Event = ids.Known, ids.Event
	for _, spec := range o.Effects {
		src, err := o.source(ctx, spec, calls)
		if err != nil {
			return nil, err
		}
		out = append(out, src)
	}
	return out, nil
}

// source is an effect source, which connects to what the guard lets through.
func (o *RunOptions) source(ctx context.Context, spec string, with observe.Options) (observe.Source, error) {
	with.Dial = o.guardedDial
	src, err := observe.Parse(spec, with)
	if err != nil {
		return nil, usagef("--effects: %w", err)
	}
	for _, host := range observe.Hosts(src) {
		if err := o.mayReach(ctx, host); err != nil {
			return nil, usagef("--effects: %w", err)
		}
	}
	return src, nil
}

func (o *RunOptions) reset(ctx context.Context, show *progress) error {
	if o.Reset == "" {
		return nil
	}
	cmd := exec.CommandContext(ctx, "sh", "-c", o.Reset)
	cmd.Stdout, cmd.Stderr = show, show
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("--reset: the command failed: %w", err)
	}
	return nil
}

// faultList is the help text of the faults, for commands that plan.
func faultList() string {
	var b strings.Builder
	b.WriteString("Faults:\n")
	for _, f := range chaos.Catalog() {
		fmt.Fprintf(&b, "  %-14s %s\n", f.Name, f.Summary)
	}
	return b.String()
}
