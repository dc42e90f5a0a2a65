package simulate

import (
	"context"
	"errors"
	"runtime"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// mishapError is what a handler sees of a mishap. Like the errors of package net it tells a timeout.
type mishapError struct {
	text    string
	timeout bool
}

func (e mishapError) Error() string   { return e.text }
func (e mishapError) Timeout() bool   { return e.timeout }
func (e mishapError) Temporary() bool { return true }

var (
	errFailed    = mishapError{"connection reset before anything was done", false}
	errTimeout   = mishapError{"i/o timeout", true}
	errRedisDown = mishapError{"redis: connection refused", false}
)

// step is one step of a worker: it gives way for cost, misfortune strikes or does not, and it acts.
func (s *simulation) step(ctx context.Context, w *worker, kind StepKind, name string, cost time.Duration, act func() error) error {
	w.stop()
	if cost > 0 {
		w.pass(cost)
	}
	w.thaw()
	hits := s.hits(w, kind, name)
	for _, t := range hits {
		if err := s.before(w, t); err != nil {
			return err
		}
	}
	if kind == StepCommand && s.refused() {
		return errRedisDown
	}
	return s.settle(w, hits, s.insist(ctx, w, act))
}

// settle ends a step with whatever strikes after it.
func (s *simulation) settle(w *worker, hits []*trap, err error) error {
	if s.unknownScript {
		s.open = hits // the step is not over: the driver sends the script itself at once
		return err
	}
	for _, t := range hits {
		if e := s.after(w, t); e != nil {
			err = e
		}
	}
	return err
}

// maxDoubled bounds how often the pause between two tries of a blocked act doubles: to 130 ms at most.
const maxDoubled = 8

// insist acts, again and again while the act is blocked, and less and less often, as SQLite's own
// busy handler does: a lock may be kept for minutes, by a process that is paused.
func (s *simulation) insist(ctx context.Context, w *worker, act func() error) error {
	until := s.sched.now + reference.MaxBlocked
	for tries := 0; ; tries++ {
		err := act()
		if !errors.Is(err, reference.ErrBlocked) || s.sched.now >= until {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		w.pass(s.cost() << min(tries, maxDoubled))
	}
}

// hits are the mishaps that strike the step.
func (s *simulation) hits(w *worker, kind StepKind, name string) (hits []*trap) {
	if w.d == nil || w.beat {
		return nil
	}
	for _, t := range s.traps {
		if s.healed && t.Phase == "" { // it outlived its delivery, in the background
			continue
		}
		if t.fits(w.d, kind, name) {
			t.spent = !t.Every
			hits = append(hits, t)
		}
	}
	return hits
}

// before does what a mishap does before the step, or in its place.
func (s *simulation) before(w *worker, t *trap) error {
	if t.After {
		return nil
	}
	switch t.Kind {
	case Fail:
		s.struck(t, w.delivery())
		return errFailed
	case Ambiguous, ReplyLost:
		return nil
	}
	s.strike(w, t)
	return nil
}

// after does what a mishap does when the step is done.
func (s *simulation) after(w *worker, t *trap) error {
	switch {
	case t.Kind == Ambiguous || t.Kind == ReplyLost:
		s.struck(t, w.delivery())
		w.pass(max(t.For, s.cost()))
		return errTimeout
	case t.After:
		s.strike(w, t)
	}
	return nil
}

// strike does what does not depend on the step.
func (s *simulation) strike(w *worker, t *trap) {
	if t.Kind != DataLost && t.Kind != RedisDown {
		s.struck(t, w.delivery())
	}
	switch t.Kind {
	case Crash:
		p := w.process
		s.sched.soon(func() { s.crash(p, t.For) })
		w.die()
	case CrashWorker:
		s.sched.soon(func() {
			s.sched.end(func(o *worker) bool { return o.d == w.d })
			w.attempt.reset()
		})
		w.die()
	case Pause:
		w.d.frozen = s.sched.now + t.For
		w.thaw()
	case Slow:
		if t.Step == StepWork && !t.After {
			w.late += t.For
			return
		}
		w.pass(t.For)
	case RedisDown:
		s.takeDown(t)
	case DataLost:
		s.loseData(t)
	}
}

// struck notes that a mishap took place.
func (s *simulation) struck(t *trap, delivery int) {
	t.fired = true
	s.history.Marks = append(s.history.Marks, replay.Mark{Kind: replay.MarkMishap, At: s.sched.now, Text: t.String(), Fired: true})
	s.told(StepMishap, delivery, t.String())
}

// takeDown makes Redis refuse commands for a while.
func (s *simulation) takeDown(t *trap) {
	s.outage, s.downUntil = t, max(s.downUntil, s.sched.now+t.For)
}

// refused says whether Redis is down. The outage took place once a command met it.
func (s *simulation) refused() bool {
	if s.sched.now >= s.downUntil {
		return false
	}
	if !s.outage.fired {
		s.struck(s.outage, 0)
	}
	return true
}

// loseData empties Redis. An empty one has nothing to lose.
func (s *simulation) loseData(t *trap) {
	n, err := s.flush()
	if err != nil {
		s.fail(err)
	}
	if n > 0 {
		s.struck(t, 0)
	}
}

// unfired notes the mishaps that never took place.
func (s *simulation) unfired() {
	for _, t := range s.traps {
		if !t.fired {
			s.history.Marks = append(s.history.Marks, replay.Mark{Kind: replay.MarkMishap, At: s.sched.now, Text: t.String()})
		}
	}
}

// die ends the worker where it stands.
func (w *worker) die() {
	w.dead = true
	runtime.Goexit()
}
