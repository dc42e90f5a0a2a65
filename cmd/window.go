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
	return c.o.Window && c.late != nil && !s.KeepIDs && slices.Contains(s.Faults, "late") && len(s.Late) > 0 && len(c.sources) > 0
}

// measureWindow searches for how long the endpoint remembers an event. Each round delivers fresh events, and repeats them at
// ages between the one at which an event was known last and the one at which one was processed again.
func (c *conduct) measureWindow(ctx context.Context) error {
	w := chaos.NewWindow(c.p.input, c.p.plan)
	most := 1
	if c.prompt() {
		most = probesAtOnce
	}
	for range windowRounds {
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
	span := c.header.ProfileOf(f.Provider).RetrySpan
	if top := span - windowStep(span); again == 0 || again > top {
		if known >= top {
			return f, nil
		}
		return f, []time.Duration{top}
	}
	return f, chaos.Ages(known, again, windowStep(again), most)
}

// windowFixture is a fixture whose events show whether they are known: one that was processed again at the least age, where any was.
func (c *conduct) windowFixture(p replay.Plan, v audit.Verdict) (replay.Event, bool) {
	events, ages := p.EventByKey(), map[string]time.Duration{}
	for _, d := range p.Deliveries {
		if d.Role == replay.RoleLate {
			ages[d.Event] = d.Wait
		}
	}
	for _, r := range v.Events {
		age, late := ages[r.Key]
		if !late || r.Effects == 0 || v.Memory.Forgot != 0 && (age != v.Memory.Forgot || r.Effects <= r.Expected) {
			continue
		}
		if i := slices.IndexFunc(c.p.events, func(e replay.Event) bool { return e.Fixture == events[r.Key].Fixture }); i >= 0 {
			return c.p.events[i], true
		}
	}
	return replay.Event{}, false
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
	from     time.Duration // since the run's base
	age      time.Duration
	moved    time.Duration
	followed bool // the clock goes on by itself, too
}

func (c *conduct) newHand() *hand {
	return &hand{from: c.rec.Now(), followed: c.middle != nil}
}

// next is how far to move the clock, so that what is d later by the plan is so by the clock.
func (h *hand) next(d, now time.Duration) time.Duration {
	h.age += d
	need := h.age - h.moved
	if h.followed {
		need -= now - h.from
	}
	need = max(0, need)
	h.moved += need
	return need
}

// growOld makes d pass for the endpoint's clock. What it still works on would grow old with it, and its locks expire.
func (c *conduct) growOld(ctx context.Context, d time.Duration) error {
	if !c.prompt() {
		c.settle(replay.PhaseLate)
	}
	if c.hand != nil {
		d = c.hand.next(d, c.rec.Now())
	}
	return c.late(ctx, d)
}

// prompt says that the endpoint has done everything once it has answered, as far as control shows.
func (c *conduct) prompt() bool {
	if c.rec.Forgot() {
		return false
	}
	h := c.rec.Snapshot()
	h.Header.Sources = c.watch.Sources()
	return audit.Prompt(h)
}
