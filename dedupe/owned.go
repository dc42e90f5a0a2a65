package dedupe

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// completeTries is how often an unclear completion is sent again: the work is done, and a marker
// that is missing would make it happen twice.
const completeTries = 3

// owned is one owned run of an event.
type owned struct {
	guard  *Guard
	event  Event
	token  string
	answer Answer
	until  time.Time // when the lease is over, unless it is renewed
}

func (o *owned) hold() Hold {
	return Hold{Source: o.event.Source, Subject: o.event.Subject, Event: o.event.ID, Token: o.token,
		Lease: o.guard.Lease, Retention: o.guard.Retention}
}

// run does the work and settles the event, whatever the work does.
func (o *owned) run(ctx context.Context, work Work) (Answer, error) {
	last := context.WithoutCancel(ctx) // a provider that hangs up must not leave the event undecided
	settled := false
	defer func() {
		if !settled { // the work panicked
			_ = o.release(last)
		}
	}()
	res, err := o.work(ctx, work)
	settled = true
	if err != nil {
		return o.fail(last, fmt.Errorf("%w: %w", ErrWork, err))
	}
	done, err := o.complete(last, res)
	switch {
	case errors.Is(err, ErrInvalid):
		return o.fail(last, fmt.Errorf("%w: result: %w", ErrWork, err))
	case err != nil:
		return o.answer, fmt.Errorf("%w: complete: %w", ErrStore, err)
	case done == CompletedLost:
		return o.answer, ErrLeaseLost
	case done == CompletedTie:
		return o.fail(last, ErrTie)
	}
	o.answer.Completed, o.answer.Result = done, res.Value
	return o.answer, nil
}

// work runs the work while the lease is kept. The heartbeat has ended when it returns.
func (o *owned) work(ctx context.Context, work Work) (Result, error) {
	run := &Run{Event: o.event, Fence: o.answer.Fence, Takeover: o.answer.Kind == Takeover, Tied: o.answer.Tied}
	ctx, cancel := context.WithCancelCause(context.WithValue(ctx, runKey{}, run))
	defer cancel(nil)
	defer o.guard.keep(ctx, o.hold(), o.until, func() { cancel(ErrLeaseLost) })()
	return work(ctx, o.answer.Fence)
}

// complete marks the event as done, deciding ties by the declared rule.
func (o *owned) complete(ctx context.Context, res Result) (Completed, error) {
	c := Completion{Source: o.event.Source, Subject: o.event.Subject, Event: o.event.ID, Token: o.token,
		Result: res.Value, Version: o.event.Version, Over: o.answer.Tied, Data: res.Data, Tombstone: res.Tombstone,
		Retention: o.guard.Retention}
	switch {
	case c.Subject == "":
		c.Version = "" // there is no subject whose state it could be
	case res.Version != "":
		c.Version = res.Version
	}
	if err := c.Validate(); err != nil {
		return "", err
	}
	done, err := o.send(ctx, c)
	if err != nil || done != CompletedTie {
		return done, err
	}
	switch o.guard.TieRule {
	case TieKeep:
		c.Version = ""
		return o.send(ctx, c)
	case TieOverwrite:
		return o.overwrite(ctx, c)
	}
	return done, nil
}

// overwrite completes over whatever event holds the equal version, unless it deleted the subject.
func (o *owned) overwrite(ctx context.Context, c Completion) (Completed, error) {
	for range completeTries {
		s, ok, err := o.guard.Store.State(ctx, c.Source, c.Subject)
		if err != nil {
			return "", err
		}
		if ok && s.Tombstone && !c.Tombstone {
			c.Version = ""
		}
		c.Over = s.Event
		if done, err := o.send(ctx, c); err != nil || done != CompletedTie {
			return done, err
		}
	}
	return CompletedTie, nil
}

// send completes, and sends an unclear completion again: its answer repeats.
func (o *owned) send(ctx context.Context, c Completion) (done Completed, err error) {
	for i := range completeTries {
		if i > 0 {
			if e := o.guard.Clock.Sleep(ctx, o.guard.Lease/30); e != nil {
				return "", e
			}
		}
		if done, err = o.guard.Store.Complete(ctx, c); err == nil {
			return done, nil
		}
	}
	return "", err
}

// fail releases the event, so that its next delivery runs at once, and reports why.
func (o *owned) fail(ctx context.Context, why error) (Answer, error) {
	if err := o.release(ctx); err != nil {
		return o.answer, fmt.Errorf("%w (and not released, so the next delivery waits for the lease: %w)", why, err)
	}
	return o.answer, why
}

func (o *owned) release(ctx context.Context) error {
	_, err := o.guard.Store.Release(ctx, o.hold())
	return err
}
