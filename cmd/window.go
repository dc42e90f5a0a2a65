package cmd

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"hookonce/chaos"
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func addWindow(f *pflag.FlagSet, window *bool) {
	f.BoolVar(window, "window", true, "where the clock of the endpoint's Redis can be moved, search the age from which a late duplicate is processed again, to the minute, up to the provider's retry span")
}

const (
	// probesAtOnce is how many ages one round tries, the clock going on from each to the next.
	probesAtOnce = 16
	// windowRounds bounds a search whose answers contradict each other.
	windowRounds = 24
	// scaledRounds bounds a search whose ages are waited for, if not in full.
	scaledRounds = 3
	// fine is the window from which on it is measured to the minute, and no more to the second.
	fine = 10 * time.Minute
)

// windowStep is how exactly a window is measured.
func windowStep(window time.Duration) time.Duration {
	if window <= fine {
		return time.Second
	}
	return time.Minute
}

// wantsWindow says that a search can take place, and can show something.
func (c *conduct) wantsWindow() bool {
	s := c.p.plan.Settings
	return c.o.Window && (c.late != nil || c.scale() > 0) && !s.KeepIDs && slices.Contains(s.Faults, "late") && len(s.Late) > 0 && len(c.sources) > 0
}

// measureWindow searches for how long the endpoint remembers an event. Each round delivers fresh events, and repeats them at
// ages between the one at which an event was known last and the one at which one was processed again.
func (c *conduct) measureWindow(ctx context.Context) error {
	w := chaos.NewWindow(c.p.input, c.p.plan)
	most, rounds := 1, windowRounds
	if c.prompt() {
		most = probesAtOnce
	}
	if c.scale() > 0 {
		most, rounds = probesAtOnce, scaledRounds
	}
	for range rounds {
		c.settle(replay.PhaseLate)
		fixture, ages := c.nextAges(most)
		if len(ages) == 0 {
			return nil
		}
		c.show.Say("how long events are remembered: trying %s", agesText(ages))
		p, err := w.Round(fixture, ages)
		if err == nil {
			err = c.extend(p)
		}
		if err == nil {
			err = c.dispatch(p, c.windowPhase)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func agesText(ages []time.Duration) string {
	if len(ages) == 1 {
		return "the age of " + ages[0].String()
	}
	return fmt.Sprintf("%d ages from %s to %s", len(ages), ages[0], ages[len(ages)-1])
}

// nextAges are the ages to try next, and with which fixture; none where there is nothing left to learn.
func (c *conduct) nextAges(most int) (replay.Event, []time.Duration) {
	h := c.rec.Snapshot()
	if c.rec.Forgot() {
		return replay.Event{}, nil
	}
	h.Header.Sources, h.Complete = c.watch.Sources(), true
	v := audit.Judge(h, nil)
	known, again := v.Memory.Held, v.Memory.Forgot
	if v.Memory.Trial(audit.TrialDuplicate).Failed > 0 || again == 0 && known == 0 || again != 0 && known >= again {
		return replay.Event{}, nil // it remembers nothing, or one type of event for longer than another
	}
	f, ok := c.windowFixture(h.Plan, v)
	if !ok {
		return f, nil
	}
	step := c.stepOf(again)
	top := c.header.ProfileOf(f.Provider).RetrySpan - c.stepOf(c.header.ProfileOf(f.Provider).RetrySpan)
	if again == 0 || again > top {
		if known >= top {
			return f, nil
		}
		return f, []time.Duration{top}
	}
	if again-known <= step {
		return f, nil
	}
	return f, chaos.Ages(max(known, c.leastAge()), again, step, most)
}

// stepOf is how exactly a window can be measured: where ages are scaled, the moments of deliveries and answers stand for much time.
func (c *conduct) stepOf(window time.Duration) time.Duration {
	step := windowStep(window)
	if s := c.scale(); s > 0 {
		step = max(step, (time.Duration(float64(blur) / s)).Truncate(time.Minute))
	}
	return step
}

// windowFixture is a fixture whose events show whether they are known: one that was processed again at the least age, where any was.
func (c *conduct) windowFixture(p replay.Plan, v audit.Verdict) (replay.Event, bool) {
	events, ages := p.EventByKey(), map[string]time.Duration{}
	for _, d := range p.Deliveries {
		if d.Role == replay.RoleLate {
			ages[d.Event] = d.Wait
		}
	}
	var of replay.Event
	least := time.Duration(-1)
	for _, r := range v.Events {
		age, late := ages[r.Key]
		if !late || r.Effects == 0 || v.Memory.Forgot != 0 && r.Effects <= r.Expected || least >= 0 && age >= least {
			continue
		}
		if i := slices.IndexFunc(c.p.events, func(e replay.Event) bool { return e.Fixture == events[r.Key].Fixture }); i >= 0 {
			of, least = c.p.events[i], age
		}
	}
	return of, least >= 0
}

// extend adds to the plan what could not be planned before the endpoint had answered.
func (c *conduct) extend(p replay.Plan) error {
	for i, e := range p.Events {
		whole, err := e.Loaded()
		if err != nil {
			return err
		}
		p.Events[i].EffectKey = c.p.effectKeyOf(whole)
	}
	if c.more != nil {
		c.more(p.Events)
	}
	c.rec.Planned(p.Events, p.Deliveries)
	if err := c.rec.Bodies(p.Events); err != nil {
		return err
	}
	c.show.Planned(len(p.Deliveries))
	c.p.plan.Events = slices.Concat(c.p.plan.Events, p.Events)
	c.p.plan.Deliveries = slices.Concat(c.p.plan.Deliveries, p.Deliveries)
	if c.middle != nil {
		c.middle.also(c.p.plan)
	}
	return nil
}

func (c *conduct) windowPhase(_ context.Context, p replay.Phase) error {
	if p == replay.PhaseLate {
		c.hand = c.newHand()
		c.settle(p)
	}
	c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkPhase, At: c.rec.Now(), Phase: p})
	return nil
}

// hand moves the endpoint's clock on to ages, which count from its making.
type hand struct {
	from  time.Duration // since the run's base
	age   time.Duration
	moved time.Duration
	rate  float64 // how much older the endpoint's memory grows by itself
}

func (c *conduct) newHand() *hand {
	h := &hand{from: c.rec.Now()}
	switch {
	case c.scale() > 0:
		h.rate = 1 / c.scale()
	case c.middle != nil:
		h.rate = 1
	}
	return h
}

// next is how much has to pass, besides what passes by itself, so that what is d later by the plan is so by the clock.
func (h *hand) next(d, now time.Duration) time.Duration {
	h.age += d
	return max(0, h.age-h.moved-time.Duration(float64(now-h.from)*h.rate))
}

// growOld makes d pass for what the endpoint remembers. What it still works on would grow old with it, and its locks expire.
func (c *conduct) growOld(ctx context.Context, d time.Duration) error {
	if !c.prompt() {
		c.settle(replay.PhaseLate)
	}
	if c.hand != nil {
		d = c.hand.next(d, c.rec.Now())
	}
	if c.late == nil {
		return sleepFor(ctx, time.Duration(float64(d)*c.scale()))
	}
	if c.hand != nil {
		c.hand.moved += d
	}
	return c.late(ctx, d)
}

// scale is the factor on ages where the clock cannot be moved and times to live are shortened instead; 0 where they are not.
func (c *conduct) scale() float64 {
	if c.middle == nil {
		return 0
	}
	return c.middle.scale
}

const (
	// scaledLeast is what scaling makes no time to live shorter than: a lock is to outlive the work of a single delivery.
	scaledLeast = time.Second
	// blur is how long a delivery, and whatever delays it, may take where ages are scaled.
	blur = 60 * time.Millisecond
)

// leastAge is the age below which a shortened time to live is none: what is forgotten later than this was remembered for less.
func (c *conduct) leastAge() time.Duration {
	if c.scale() == 0 {
		return 0
	}
	return time.Duration(1.2 * float64(scaledLeast) / c.scale())
}

// checkLate finds ages that cannot be told from one another by shortened times to live.
func (c *conduct) checkLate() error {
	for _, age := range c.p.plan.Settings.Late {
		if least := c.leastAge(); age < least && slices.Contains(c.p.plan.Settings.Faults, "late") {
			return usagef("--redis-ttl-scale %g: no time to live is made shorter than %s, for the sake of locks, so ages below %s show nothing, and %s is to be tried: give at least %.2g, "+
				"or leave the late duplicates out with --faults all,-late", c.scale(), scaledLeast, least.Round(time.Minute), age, 1.25*float64(scaledLeast)/float64(age))
		}
	}
	return nil
}

func sleepFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// prompt says that the endpoint has done everything once it has answered, as far as control shows.
func (c *conduct) prompt() bool {
	if c.prompted == nil { // looking at a long run again and again would take its time
		h := c.rec.Snapshot()
		h.Header.Sources = c.watch.Sources()
		p := !c.rec.Forgot() && audit.Prompt(h)
		c.prompted = &p
	}
	return *c.prompted
}
