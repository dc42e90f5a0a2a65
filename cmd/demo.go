package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"hookonce/dedupe/observe"
	"hookonce/dedupe/reference"
	"hookonce/dedupe/serve"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/fixture"
	"hookonce/replay/provider"
	"hookonce/replay/redact"
)

// demoSecret signs the demo's deliveries. It protects nothing.
const demoSecret = "whsec_hookonce_demo"

// demoWork is how long the work of one event takes in the demo.
const demoWork = 25 * time.Millisecond

// DemoOptions are the flags of demo.
type DemoOptions struct {
	PlanningOptions
	ConductOptions
	Work time.Duration
}

// NewDemoCmd runs against a built-in handler.
func NewDemoCmd(s *Streams, fixtures fs.FS) *cobra.Command {
	var o DemoOptions
	c := &cobra.Command{
		Use:   "demo [HANDLER]",
		Short: "Run against a built-in handler on an embedded Redis",
		Long: `Starts a built-in handler, its Redis and its effect source inside the process, and carries out
the main job against it, over HTTP. The work of half of the events fails once; late duplicates
cost no waiting, because the embedded Redis's clock is moved.
HANDLER is article where none is named.`,
		Annotations: map[string]string{more: "handlers"},
		Example: `  hookonce demo                # the published lock pattern: violations, exit 1
  hookonce demo hardened       # the same plan, done right: pass, exit 0`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: wordsOf(zoo.Names),
		RunE: func(c *cobra.Command, args []string) error {
			name := "article"
			if len(args) == 1 {
				name = args[0]
			}
			return runDemo(c.Context(), s, o, fixtures, name)
		},
	}
	o.PlanningOptions.add(c.Flags())
	o.ConductOptions.add(c)
	c.Flags().DurationVar(&o.Work, "work", demoWork, "how long the work of one event takes")
	// What a provider may do in its retry span costs nothing here.
	o.Late = []time.Duration{70 * time.Second, 71 * time.Hour}
	c.Flags().Lookup("late").DefValue = "70s,71h"
	return c
}

func handlerList() string {
	var b strings.Builder
	b.WriteString("Handlers:\n")
	for _, e := range zoo.Handlers() {
		expect := "right: nothing may be found"
		if !e.Correct() {
			expect = "finds " + strings.Join(e.Expect, ", ")
		}
		fmt.Fprintf(&b, "  %-19s %s\n", e.Name, expect)
	}
	return b.String()
}

func findHandler(name string) (zoo.Entry, error) {
	e, ok := zoo.Find(name)
	if !ok {
		return e, usagef("there is no handler %s; choose from %s", safe(name), strings.Join(zoo.Names(), ", "))
	}
	return e, nil
}

func runDemo(ctx context.Context, s *Streams, o DemoOptions, fixtures fs.FS, name string) error {
	entry, err := findHandler(name)
	if err != nil {
		return err
	}
	outs, err := o.outputs(s)
	if err != nil {
		return err
	}
	o.Secrets = []string{demoSecret}
	show := newProgress(s)
	set, err := fixture.LoadFS(fixtures, fixture.Options{Provider: o.Provider})
	if err != nil {
		return err
	}
	return perform(ctx, s, o.ConductOptions, outs, show, func(v variation) (*conduct, error) {
		return o.prepare(ctx, set, entry, show, v)
	})
}

// prepare starts the handler and makes its run ready.
func (o DemoOptions) prepare(ctx context.Context, set fixture.Set, entry zoo.Entry, show *progress, v variation) (*conduct, error) {
	v.shape(&o.PlanningOptions)
	p, err := o.planWith(set, show.Say)
	if err != nil {
		return nil, err
	}
	d, err := startDemo(ctx, o, entry, p)
	if err != nil {
		return nil, err
	}
	show.Say("demo: the built-in handler %s at %s, with an embedded Redis and work that fails once for half of the events", entry.Name, d.url)
	c := &conduct{
		p: p, close: d.close,
		target:  dispatch.Target{URL: d.url, Guard: &dispatch.Guard{}},
		sources: []observe.Source{d.effects}, more: d.spare,
		header: replay.Header{Target: d.url.String(), Command: v.command(os.Args, p.plan.Seed, nil)},
		// The reference has it as hard as the handler.
		reference: referenceConditions{work: o.Work, fails: reference.FailHalf},
	}
	if o.Redis == "embedded" || o.Redis == "model" {
		c.late = d.late
	}
	return c, nil
}

// demo is a handler that is served inside the process.
type demo struct {
	url     *url.URL
	world   *reference.LiveWorld
	effects *observe.Direct
	stop    context.CancelFunc
	served  chan error
	spared  sync.Map // the ids of events that joined the plan, whose work never fails
}

func startDemo(ctx context.Context, o DemoOptions, entry zoo.Entry, p *planned) (*demo, error) {
	d := &demo{effects: observe.NewDirect("demo"), served: make(chan error, 1)}
	redisURL, prefix := o.Redis, fmt.Sprintf("hookonce:demo:%d:", time.Now().UnixNano())
	if redisURL == "model" {
		redisURL = "embedded"
	}
	if o.Redis != "embedded" && o.Redis != "model" && len(o.Late) > 0 {
		return nil, usagef("demo --redis %s: a real server's clock cannot be moved; leave the late duplicates out with --faults all,-late", redact.URL(o.Redis))
	}
	var err error
	d.world, err = reference.Open(ctx, reference.Setup{Redis: redisURL, Prefix: prefix, StandStill: true, Work: o.Work,
		Fails: d.fails(reference.FailHalf(p.plan)), OnCommit: d.commit})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, d.world.Close(ctx))
	}
	d.url = &url.URL{Scheme: "http", Host: listener.Addr().String(), Path: "/webhook"}
	ctx, d.stop = context.WithCancel(context.WithoutCancel(ctx))
	handler := endpointOf(d.world, entry, p.sides[:1])
	go func() { d.served <- serve.Serve(ctx, listener, handler) }()
	return d, nil
}

// spare hears of events that measure how long the handler remembers: from them nothing else is learnt.
func (d *demo) spare(events []replay.Event) {
	for _, e := range events {
		d.spared.Store(e.ProviderID(), true)
	}
}

func (d *demo) fails(rest reference.Failure) reference.Failure {
	return func(e replay.Event, attempt int) bool {
		_, spared := d.spared.Load(e.ProviderID())
		return !spared && rest(e, attempt)
	}
}

// endpointOf serves a handler as an endpoint of the providers, each at its route.
func endpointOf(w *reference.LiveWorld, entry zoo.Entry, sides []side) http.Handler {
	var all []serve.Options
	for _, p := range sides {
		all = append(all, takes(w, entry, p))
	}
	return serve.New(all[0], all[1:]...)
}

// takes says how a handler reads a provider's deliveries.
func takes(w *reference.LiveWorld, entry zoo.Entry, p side) serve.Options {
	o := serve.Options{Path: p.route, World: w.World, Handler: entry.Handler,
		Identify: func(h http.Header, body []byte) (replay.Event, error) {
			return provider.WithSource(p.Provider, h, body)
		},
		Attempt: func(h http.Header, body []byte) (string, bool) { return provider.AttemptOf(p.profile, h, body) }}
	if len(p.endpoint.Secrets) > 0 {
		o.Verify = func(h http.Header, body []byte) error { return p.Verify(h, body, p.endpoint, time.Now()) }
	}
	return o
}

func (d *demo) commit(c reference.Commit) {
	if c.Effect != "" {
		d.effects.Add(c.Effect, c.Event)
		return
	}
	d.effects.State(c.Subject, c.Version, c.Deleted)
}

// late moves the embedded Redis's clock, while nothing is in flight.
func (d *demo) late(_ context.Context, age time.Duration) error {
	if !d.world.Advance(age) {
		return errors.New("the Redis in use has a clock that cannot be moved")
	}
	return nil
}

func (d *demo) close() {
	d.stop()
	<-d.served
	_ = d.world.Close(context.Background()) // the process ends, and its Redis with it
}
