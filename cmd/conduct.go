package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
	"hookonce/dedupe/observe"
	"hookonce/replay"
	"hookonce/replay/dispatch"
)

// ConductOptions are the flags that say how a plan is carried out. run and demo share them.
type ConductOptions struct {
	ReportingOptions
	Settle      time.Duration
	SettleMax   time.Duration
	Redis       string
	Reference   string
	Journal     string
	KeepBodies  bool
	TimeScale   float64
	Window      bool
	Lease       time.Duration
	Patience    time.Duration
	MaxDuration time.Duration
	BurstsFor   time.Duration
	TUI         string

	held int // how many records are held in memory; 0 for heldInMemory
}

func (o *ConductOptions) add(c *cobra.Command) {
	f := c.Flags()
	o.addWatching(c)
	f.StringVar(&o.Redis, "redis", "embedded", "where the reference keeps its locks: embedded, or a redis:// `URL`")
	f.StringVar(&o.Reference, "reference", audit.Hardened, "reference to run beside the target: hardened, or article (the published pattern, for comparison)")
	f.Float64Var(&o.TimeScale, "time-scale", 0, "factor on the provider's waits between redeliveries; 1 is real time (default: short enough to be quick)")
	f.DurationVar(&o.BurstsFor, "bursts-for", time.Minute, "how long --bursts auto goes on at most")
	addWindow(f, &o.Window)
	addTUI(c, &o.TUI, "auto (in a terminal, unless --out writes to it)")
}

// outputs are the reports that are asked for. What cannot be is found out before any work is done, and the journal's place must be free.
func (o *ConductOptions) outputs(s *Streams) ([]output, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if err := free(o.Journal); err != nil {
		return nil, err
	}
	outs, err := o.ReportingOptions.outputs(s)
	for _, out := range outs {
		if o.Journal != "" && out.file != "" && absolute(out.file) == absolute(o.Journal) {
			return nil, usagef("--journal %s: --out %s would overwrite it; give them a file each", safe(o.Journal), out.name)
		}
	}
	return outs, err
}

func (o *ConductOptions) check() error {
	if o.Lease < 0 || o.Patience < 0 || o.TimeScale < 0 || o.TimeScale > 1 {
		return usagef("--lease, --patience and --time-scale must be above zero, and --time-scale at most 1")
	}
	if o.Reference == "" {
		return nil
	}
	return checkReference(o.Reference, o.Redis)
}

// addWatching adds the flags of every run that sends, watches and reports.
func (o *ConductOptions) addWatching(c *cobra.Command) {
	f := c.Flags()
	f.DurationVar(&o.Settle, "settle", 0, "how long no new effect may come before the endpoint counts as quiet (default: three times the slowest lag seen in control)")
	f.DurationVar(&o.SettleMax, "settle-max", 30*time.Second, "how long to wait for that at most")
	f.StringVar(&o.Journal, "journal", "", "journal `file` (default: .hookonce/TIME-seedN.jsonl)")
	f.BoolVar(&o.KeepBodies, "keep-bodies", false, "keep bodies in the journal as they are, with secrets and personal data")
	f.DurationVar(&o.Lease, "lease", 0, "how long a claim of the endpoint may last at most: what is still refused in the fault-free tail is tried again after that long, to tell stuck from slow")
	f.DurationVar(&o.Patience, "patience", 0, "how long to wait for an answer (default: the provider's timeout)")
	f.DurationVar(&o.MaxDuration, "max-duration", 0, "stop sending after this long")
	o.ReportingOptions.add(c)
}

// conduct is one run being carried out.
type conduct struct {
	s      *Streams
	o      ConductOptions
	p      *planned
	target dispatch.Target
	wait   time.Duration
	// transport is how races are to travel, and once the endpoint was asked, how they do; empty for HTTP/1.1.
	transport dispatch.Transport
	why       string // races travel as they do
	sources   []observe.Source
	outs      []output
	show      *progress
	header    replay.Header
	// late moves the endpoint's clock; nil waits.
	late func(context.Context, time.Duration) error
	// hand makes late duplicates as late as the plan has them; nil outside of their phase.
	hand *hand
	// prompted is what prompt found out; nil until somebody asked, after control.
	prompted *bool
	// more hears of events that were not in the plan when the run began; nil for nobody.
	more func([]replay.Event)
	// downstream strikes the endpoint's calls to the sink; nil where the plan has no such thing.
	downstream *downstream
	// outages strike what the endpoint asks of its database; nil where no proxy stands before that.
	outages *outages
	// request is the user's own that goes with an event; nil where the plan has none.
	request func(replay.Event) dispatch.Request
	// reference says under which conditions the reference runs.
	reference referenceConditions
	// traffic sends what comes between the control phase and the fault-free tail and is not in the plan; nil for nothing.
	traffic func() error
	// judged adds to the verdict and the report; nil for nothing.
	judged func(audit.Verdict) (audit.Verdict, *report.Load, error)
	// endpoint is the one that hookonce starts for the run; nil where it runs already.
	endpoint *started
	// mishaps are what happens to its processes.
	mishaps *mishaps
	// close ends an endpoint that was started for the run; nil where there is none.
	close func()
	// tap is told each record as it is journaled; nil for nobody.
	tap func(replay.Record)
	// middle stands between the endpoint and its Redis; nil where nothing does.
	middle *middle
	// begun hears nil once everything is ready to be sent; nil for nobody.
	begun chan<- error
	// extra is about how many deliveries come that are not in the plan.
	extra int
	// calm ends what was only for a quick start, once something was sent; nil for nothing.
	calm func()
	// hold keeps the faults back until it is closed; nil holds nothing.
	hold <-chan struct{}

	rec   *recorder
	lag   time.Duration // the slowest effect of control, as far as it is known
	watch *observe.Watcher
	stop  *stopper
}

// run carries the run out and reports.
func (c *conduct) run(ctx context.Context) error {
	done, err := c.carryOut(newStopper(ctx, c.o.MaxDuration, c.show.Say))
	if err != nil {
		return err
	}
	return c.conclude(done)
}

// finished is a run that is over and judged. writing says that its journal lacks something.
type finished struct {
	journal replay.Journal
	verdict audit.Verdict
	load    *report.Load
	writing error
}

// carryOut is the flow: plan -> attempts + effects -> history -> verdict. It uses the stopper up.
func (c *conduct) carryOut(stop *stopper) (finished, error) {
	c.stop = stop
	defer stop.Close()
	if c.close != nil {
		defer c.close()
	}
	if c.endpoint != nil {
		defer c.endpoint.stop()
	}
	if err := c.prepare(); err != nil {
		return finished{}, err
	}
	defer c.watch.Close()
	if c.why != "" {
		c.show.Say("%s", c.why)
	}
	if c.middle != nil {
		c.middle.attach(c.p.plan, c.rec)
	}
	if c.begun != nil {
		c.show.Hold() // a screen takes the terminal over
		c.begun <- nil
	}
	if err := c.send(); err != nil {
		c.stop.Stop(err.Error())
	}
	c.settle("")
	c.rec.Sources(c.watch.Sources())
	_ = c.watch.Close() // a source that is the endpoint's is not lost when that ends
	if c.endpoint != nil {
		c.endpoint.stop()
	}
	if c.middle != nil {
		c.middle.detach()
	}
	c.markStop()
	c.rec.End(replay.TargetRun)
	c.runReference()
	f, err := c.judge()
	if err == nil && c.judged != nil {
		f.verdict, f.load, err = c.judged(f.verdict)
	}
	return f, err
}

// judge closes the journal and judges what is held of it, or what it holds itself.
func (c *conduct) judge() (finished, error) {
	journal, writing := c.rec.Close()
	defer c.rec.beside.drop()
	if !c.rec.Forgot() {
		return finished{journal: journal, verdict: audit.Judge(journal.Target, journal.Reference), writing: writing}, nil
	}
	c.show.Say("judging the journal")
	large, verdict, ok, err := c.rec.beside.judge(c.rec.path)
	if !ok || writing != nil { // then the journal may hold some that was not told of
		large, verdict, err = judgeLarge(c.rec.path)
	}
	return finished{journal: large, verdict: verdict, writing: writing}, err
}

// recordsOfDelivery is how many records a delivery makes, about: where it is in the plan an attempt and an effect, else itself, its event and an
// attempt.
const recordsOfDelivery = 3

// prepare opens what the run needs, before anything is sent.
func (c *conduct) prepare() error {
	c.completeHeader()
	path := c.journalPath()
	if err := c.bringUp(path); err != nil {
		return err
	}
	base := time.Now()
	c.header.Started = base.UTC()
	var err error
	if c.rec, err = newRecorder(path, c.o.KeepBodies, cmp.Or(c.o.held, heldInMemory), base, func(err error) { c.stop.Stop(err.Error()) }); err != nil {
		return err
	}
	c.rec.tap, c.rec.hidden = c.tap, c.p.hidden
	c.rec.expects = recordsOfDelivery * (len(c.p.plan.Deliveries) + c.extra)
	if err = c.begin(base); err != nil {
		return errors.Join(err, c.rec.Discard())
	}
	return nil
}

// begin writes the header and the plan, and begins to watch behind them: what a source tells of the past is recorded, too.
func (c *conduct) begin(base time.Time) error {
	for _, s := range c.sources {
		c.header.Sources = append(c.header.Sources, s.Info())
	}
	if err := c.rec.Begin(c.header, c.p.plan); err != nil {
		return err
	}
	if err := c.openSources(base); err != nil {
		return err
	}
	if now := c.watch.Sources(); !slices.Equal(now, c.header.Sources) { // else there is no need to wait for the plan
		c.rec.Sources(now)
	}
	return nil
}

// completeHeader fills in what the flags leave open.
func (c *conduct) completeHeader() {
	if c.middle != nil && c.middle.embedded != nil {
		c.late = c.middle.late
	}
	h := &c.header
	h.Schema, h.Tool, h.Profile = replay.JournalSchema, toolVersion(), c.p.sides[0].profile
	h.Others = c.p.others()
	h.Patience, h.TimeScale = c.o.Patience, c.o.TimeScale
	if c.o.Reference != "" {
		h.Reference, h.Engine = c.o.Reference, engineName(c.o.Redis)
	}
	if h.Patience == 0 && len(h.Others) == 0 {
		h.Patience = h.Profile.Patience
	}
	if h.TimeScale == 0 {
		h.TimeScale = quickScale(h.Profile)
		for _, p := range h.Others {
			h.TimeScale = min(h.TimeScale, quickScale(p))
		}
	}
	h.ClockMoved, h.Lease, h.TTLScale = c.late != nil, c.o.Lease, c.scale()
	if h.ClockMoved {
		h.Lease = max(h.Lease, clockRecovery)
	}
}

// firstRetry is how long the first redelivery waits on the wall where nobody chose a scale.
const firstRetry = 20 * time.Millisecond

// quickScale compresses the provider's waits so that a run takes seconds. A
// compressed wait proves nothing about the endpoint's own clock, and the report says so.
func quickScale(p replay.Profile) float64 {
	if len(p.Retries) == 0 || p.Retries[0] <= firstRetry {
		return float64(firstRetry) / float64(time.Minute)
	}
	return float64(firstRetry) / float64(p.Retries[0])
}

// openSources begins to watch. An id of the plan that has effects already makes the run impossible.
func (c *conduct) openSources(base time.Time) error {
	drawn := sync.OnceValue(c.p.drawnIDs)
	used := ""
	opening := true
	exact := map[string]bool{}
	emit := func(e replay.Effect) {
		if under := cmp.Or(e.Key, e.Subject); opening && e.Earlier && !c.p.plan.Settings.KeepIDs && drawn().Within(under) != "" {
			used = under
		}
		c.rec.Effect(replay.TargetRun, e)
		if e.Count == 0 && !e.State() {
			return // it may happen, and may not
		}
		c.show.Effect()
		if c.mishaps != nil {
			c.mishaps.effect(e, exact[e.Source])
		}
	}
	c.watch = observe.New(c.sources, base, emit, func(m replay.Mark) { c.rec.Mark(replay.TargetRun, m) })
	for _, s := range c.watch.Sources() {
		exact[s.Label] = s.Exact
	}
	c.watch.OpenWithin = c.wait
	if err := c.watch.Start(c.stop.hard, 0); err != nil {
		var forbidden *dispatch.ForbiddenError
		if errors.Is(err, observe.ErrSpec) || errors.As(err, &forbidden) {
			return usagef("--effects: %w", err)
		}
		return fmt.Errorf("--effects: %w", err)
	}
	opening = false
	if used != "" {
		c.watch.Close()
		return fmt.Errorf("the effect source has seen this plan's ids before (%s): give another --seed, or --reset the endpoint", used)
	}
	return nil
}

// markStop records why the run ended early.
func (c *conduct) markStop() {
	if why := c.stop.Why(); why != "" {
		c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkStopped, At: c.rec.Now(), Text: why})
	}
}

// conclude reports, and turns the verdict into an exit code.
func (c *conduct) conclude(f finished) error {
	c.show.Done()
	// The run is over, and so is its context; the explanation takes seconds.
	r := newReport(context.WithoutCancel(c.stop.hard), c.s, f.journal, f.verdict, c.o.Explain)
	r.Load = f.load
	verdict, err := c.o.tell(c.s, c.outs, r)
	if err != nil {
		return err
	}
	c.show.Say("journal: %s", c.rec.path)
	if f.writing != nil && verdict != audit.Fail {
		return f.writing
	}
	if f.writing != nil {
		c.show.Say("%v", f.writing)
	}
	return verdictCode(verdict, c.o.InconclusiveAs)
}
