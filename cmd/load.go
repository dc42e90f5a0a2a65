package cmd

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hookonce/chaos"
	"hookonce/dedupe/observe"
	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/load"
	"hookonce/replay/redact"
)

// LoadOptions are the flags of load.
type LoadOptions struct {
	RunOptions
	Rate       string
	Duration   time.Duration
	Count      uint64
	Closed     int
	MaxWorkers int
	Duplicates string
	Races      string
	Reorders   string
	BadSigs    string
	FailIf     []string
	Results    string

	pace       load.Pace
	shares     chaos.Shares
	thresholds []load.Threshold
}

// NewLoadCmd sends sustained load and judges it as run does.
func NewLoadCmd(s *Streams) *cobra.Command {
	var o LoadOptions
	c := &cobra.Command{
		Use:   "load [FIXTURE|DIR ...]",
		Short: "Sustained load with duplicates and races, and the same audit as run",
		Long: `Sends events made from the fixtures, each with ids of its own, at a rate: constant, a ramp or
a sine. A share of the traffic is duplicated, raced, reordered or badly signed. First comes run's
control phase, and afterwards its fault-free tail; then the same audit says what was processed
twice or lost, and at what rate. The traffic is not run through the reference.

Exit codes: 0 pass, 1 violations, or a --fail-if that holds, 2 usage, 3 inconclusive, 4 it could
not be carried out.`,
		Annotations: map[string]string{more: "figures"},
		Example: `  hookonce load ./fixtures --target http://localhost:3000/hook --rate 200 \
    --effects http://localhost:3000/effects --fail-if 'p99 > 250ms'
  hookonce load ./fixtures --target http://localhost:3000/hook --rate 10..500`,
		RunE: func(c *cobra.Command, args []string) error { return runLoad(c, s, &o, args) },
	}
	o.addEndpoint(c)
	o.addEvents(c.Flags())
	o.addWatching(c)
	o.addTraffic(c)
	return c
}

func (o *LoadOptions) addTraffic(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.Rate, "rate", "50", "deliveries a second: `N`, a ramp FROM..TO, or a sine MEAN~AMPLITUDE/PERIOD such as 100~50/30s")
	f.DurationVar(&o.Duration, "duration", 0, "how long to send (default: 10s, or until --count)")
	f.Uint64Var(&o.Count, "count", 0, "send about this many deliveries")
	f.IntVar(&o.Closed, "closed", 0, "instead of a rate: `N` workers that send one after another, as fast as answers come")
	f.IntVar(&o.MaxWorkers, "workers", load.DefaultMaxWorkers, "how many may be under way at a rate, at most")
	f.StringVar(&o.Duplicates, "duplicates", "5%", "`share` of deliveries that send an acknowledged event again")
	f.StringVar(&o.Races, "races", "5%", "`share` of deliveries that are copies released together")
	f.StringVar(&o.Reorders, "reorders", "0%", "`share` of deliveries that send a subject's events newest first")
	f.StringVar(&o.BadSigs, "bad-signatures", "0%", "`share` of deliveries with a signature that must be refused")
	f.IntVar(&o.Race, "race", 2, "copies per race")
	f.StringArrayVar(&o.FailIf, "fail-if", nil, "`condition` that fails the run, such as 'p99 > 250ms' or 'errors > 0.1%' (repeatable; figures: --help-all)")
	f.StringVar(&o.Results, "results", "", "`folder` for results that vegeta report and vegeta plot read: gob, CSV and JSON")
}

// figureList tells what --fail-if may name.
func figureList() string {
	return "A --fail-if condition is an expression over the figures " + load.Vocabulary + ". It knows and, or, not, the comparisons and + - * /."
}

func runLoad(c *cobra.Command, s *Streams, o *LoadOptions, args []string) error {
	args, err := o.configure(c, s, args)
	if err != nil {
		return err
	}
	o.completeSecrets(s)
	if len(args) == 0 && !o.describedFixtures() || len(o.Targets) == 0 {
		return usagef("load: name fixtures (files, folders, or - for stdin) and --target URL. For example: hookonce load ./fixtures " +
			"--target http://localhost:3000/webhooks --rate 100 --duration 30s --effects http://localhost:3000/effects")
	}
	if err := o.readTraffic(); err != nil {
		return err
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
	show := newProgress(s)
	conduct := &conduct{s: s, o: o.ConductOptions, target: target, wait: o.Wait, transport: dispatch.Transport(o.Transport), outs: outs, show: show,
		header: replay.Header{Target: redact.URL(o.Targets[0]), Targets: replicas(o.Targets), Expect: expect, Checks: o.Checks, Volatile: o.Volatile}}
	// Nothing but the control phase, the tail and the sentinels is planned; the traffic is made as it is sent.
	o.faultless, o.Copies, o.Bursts = true, 2, 1
	if conduct.p, err = o.buildPlan(s, args, show.Say); err != nil {
		return err
	}
	if err := conduct.p.signable(); err != nil {
		return err
	}
	ids := observe.IDsOf(conduct.p.plan)
	if conduct.sources, err = o.sourcesOf(c.Context(), ids, observe.Options{}); err != nil {
		return err
	}
	conduct.target.Routes = conduct.p.routes(conduct.target.URL)
	conduct.header.Command = variation{}.command(os.Args, conduct.p.plan.Seed, o.hidden)
	l := &loading{conduct: conduct, o: o, ids: ids}
	if err := l.prepare(); err != nil {
		return err
	}
	if err := o.reset(c.Context(), show); err != nil {
		return err
	}
	conduct.traffic, conduct.judged = l.send, l.judge
	return conduct.run(c.Context())
}

// readTraffic reads the flags that are more than a number, and finds out what cannot be.
func (o *LoadOptions) readTraffic() error {
	var err error
	if o.pace, err = load.ParsePace(o.Rate); err != nil {
		return usagef("--rate %w", err)
	}
	switch {
	case o.Duration < 0 || o.Closed < 0 || o.MaxWorkers < 1:
		return usagef("--duration, --closed and --workers count something: give a value above zero")
	case o.Duration == 0 && o.Count == 0:
		o.Duration = 10 * time.Second
	case o.Duration == 0 && o.pace.From != o.pace.To:
		return usagef("--rate %s: a ramp needs the --duration over which it goes", o.Rate)
	}
	for _, f := range []struct {
		flag, text string
		to         *float64
	}{
		{"duplicates", o.Duplicates, &o.shares.Duplicates}, {"races", o.Races, &o.shares.Races},
		{"reorders", o.Reorders, &o.shares.Reorders}, {"bad-signatures", o.BadSigs, &o.shares.BadSignatures},
	} {
		if *f.to, err = parseShare(f.text); err != nil {
			return usagef("--%s %w", f.flag, err)
		}
	}
	for _, text := range o.FailIf {
		t, err := load.ParseThreshold(text)
		if err != nil {
			return usagef("--fail-if %w", err)
		}
		o.thresholds = append(o.thresholds, t)
	}
	return nil
}

// parseShare reads "5%" or "0.05".
func parseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		v /= 100
	}
	if err != nil || !(v >= 0 && v <= 1) {
		return 0, fmt.Errorf("%s: not a share of the traffic; give one such as 5%%", safe(text))
	}
	return v, nil
}

// expects is about how many deliveries the traffic has.
func (o *LoadOptions) expects() int {
	switch {
	case o.Count > 0:
		return int(min(o.Count, math.MaxInt32))
	case o.Closed > 0: // as many as there are answers
		return math.MaxInt32
	}
	return int(min((o.pace.From+o.pace.To)/2*o.Duration.Seconds(), math.MaxInt32))
}

func (o *LoadOptions) asked() string {
	what := o.pace.String()
	if o.Closed > 0 {
		what = strconv.Itoa(o.Closed) + " in a closed loop"
	}
	if o.Duration > 0 {
		what += " for " + o.Duration.String()
	}
	if o.Count > 0 {
		what += fmt.Sprintf(", about %d deliveries", o.Count)
	}
	return what
}
