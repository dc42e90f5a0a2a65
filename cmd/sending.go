package cmd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hookonce/replay"
	"hookonce/replay/dispatch"
)

// headStart is how long the first deliveries have the processors to themselves.
const headStart = 20 * time.Millisecond

// send dispatches the plan and records what happens.
func (c *conduct) send() error {
	catchUp := sync.OnceFunc(func() {
		if c.calm != nil {
			c.calm()
		}
		c.rec.BodiesBeside(c.p.plan.Events)
	})
	defer catchUp()
	defer time.AfterFunc(headStart, catchUp).Stop()
	return c.dispatch(c.p.plan, c.beforePhase)
}

func (c *conduct) dispatch(p replay.Plan, before func(context.Context, replay.Phase) error) error {
	var late func(context.Context, time.Duration) error
	if c.late != nil || c.scale() > 0 {
		late = c.growOld
	}
	running, err := dispatch.Run(c.stop.soft, p, c.target, dispatch.Options{
		Sign:         c.p.sign,
		Acknowledges: c.p.acknowledges,
		ProfileOf:    c.header.ProfileOf,
		Patience:     max(c.header.Patience, c.p.patience()),
		PatienceFor:  c.header.PatienceFor,
		TimeScale:    c.header.TimeScale,
		Lease:        c.lease(),
		Base:         c.rec.base,
		Late:         late,
		BeforePhase:  before,
		Ready:        c.ready(),
		Request:      c.request,
		Hard:         c.stop.hard,
		Transport:    c.transport,
	})
	if err != nil {
		return err
	}
	acked := map[string]bool{}
	for a := range running.Attempts {
		// A redelivery that was not needed is no attempt: the plan and the acknowledgement tell it.
		if a.Outcome == replay.Unsent && acked[a.Event] && a.Start == 0 {
			c.show.Attempt(a)
			continue
		}
		acked[a.Event] = acked[a.Event] || a.Outcome == replay.Acked
		if c.mishaps != nil {
			a = c.mishaps.ended(a)
		}
		if c.downstream != nil {
			a = c.downstream.ended(a)
		}
		if c.outages != nil {
			a = c.outages.ended(a)
		}
		c.rec.Attempt(replay.TargetRun, a)
		c.show.Attempt(a)
	}
	return running.Err()
}

var errNothingAcked = errors.New("the endpoint acknowledged no event of the control phase, so the faults were not sent")

// clockRecovery is how much later, by the endpoint's clock, the tail is sent where that clock can be moved: providers try again
// after hours, when what was left behind has expired.
const clockRecovery = time.Hour

// lease is how long the tail waits on the wall.
func (c *conduct) lease() time.Duration {
	if c.header.ClockMoved {
		return 0
	}
	return c.header.Lease
}

// beforePhase waits for effects where the next phase depends on them being there.
func (c *conduct) beforePhase(ctx context.Context, p replay.Phase) error {
	if p == replay.PhaseTail && c.traffic != nil {
		if err := c.beforePhase(ctx, replay.PhaseFault); err != nil {
			return err
		}
		if err := c.traffic(); err != nil {
			return err
		}
	}
	if p == replay.PhaseTail && c.p.plan.Settings.BurstsAuto {
		if err := c.raceOn(ctx); err != nil {
			return err
		}
	}
	if p == replay.PhaseFault && !c.rec.AckedAny() {
		return errNothingAcked
	}
	if p == replay.PhaseLate && (c.late != nil || c.scale() > 0) {
		c.hand = c.newHand()
	}
	if p == replay.PhaseFault || p == replay.PhaseProcess || p == replay.PhaseLate {
		c.settle(p)
	}
	if p == replay.PhaseSentinel && c.wantsWindow() {
		if err := c.measureWindow(ctx); err != nil {
			return err
		}
	}
	if p == replay.PhaseFault {
		c.holdBack()
	}
	if c.middle != nil {
		c.middle.phase(p)
	}
	if c.mishaps != nil {
		c.mishaps.phase(p)
	}
	if c.outages != nil {
		c.outages.phase(p)
	}
	if p == replay.PhaseTail && c.late != nil {
		if err := c.growOld(ctx, c.header.Lease); err != nil {
			return err
		}
	}
	c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkPhase, At: c.rec.Now(), Phase: p})
	if p != replay.PhaseFault || c.traffic == nil {
		c.show.Phase(p, c.p.plan)
	}
	return nil
}

// holdBack waits until what is held by hand is released, or the run is stopped. The journal tells how long that was.
func (c *conduct) holdBack() {
	if c.hold == nil {
		return
	}
	from := c.rec.Now()
	select {
	case <-c.hold:
	case <-c.stop.soft.Done():
	}
	c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkNote, At: c.rec.Now(),
		Text: fmt.Sprintf("the faults were held back by hand for %s", (c.rec.Now() - from).Round(time.Millisecond))})
}
