package simulate

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// epoch is the wall time at which virtual time begins. Any moment would do.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// stage is what a simulated handler runs on. Its methods are called by the worker whose turn it is.
type stage struct{ *simulation }

var _ reference.Stage = stage{}

// Now is virtual time.
func (s stage) Now() time.Time { return epoch.Add(s.sched.now) }

// Sleep lets virtual time pass.
func (s stage) Sleep(ctx context.Context, d time.Duration) error {
	w := s.sched.current
	return s.step(ctx, w, StepWork, "", 0, func() error {
		if s.o.Trace != nil {
			s.tell(Step{Kind: StepWork, Delivery: w.delivery(), Beat: w.beat, What: "works for " + (d + w.late).String()})
		}
		late := w.late
		w.late = 0
		return w.sleep(ctx, d+late)
	})
}

// Do gives way, and then acts.
func (s stage) Do(ctx context.Context, what string, act func() error) error {
	return s.act(ctx, StepEffect, what, act, nil)
}

// Go starts a worker of the same process.
func (s stage) Go(f func()) {
	w := s.sched.current
	s.sched.spawn(w.process, w.attempt, f, func() {})
}

// Every calls f by a worker of its own, which ends with stop.
func (s stage) Every(d time.Duration, f func()) (stop func()) {
	b := &beat{sched: s.sched, parent: s.sched.current, every: d, f: f}
	b.next()
	return b.stop
}

// After calls f when d is over, or where the process is paused then, when it goes on.
func (s stage) After(d time.Duration, f func()) (stop func()) {
	by, stopped := s.sched.current, false
	s.sched.timer(s.sched.now+d, func() {
		if stopped || by.process.down {
			return
		}
		s.sched.spawn(by.process, by.attempt, func() {
			s.sched.current.thaw()
			if !stopped {
				f()
			}
		}, func() { s.sched.interrupted(by.process) })
	})
	return func() { stopped = true }
}

// beat is a heartbeat: something a worker has done again and again while it works.
type beat struct {
	sched   *scheduler
	parent  *worker
	every   time.Duration
	f       func()
	running bool
	stopped bool
	waiting bool // the parent waits for the run under way
}

func (b *beat) next() {
	b.sched.at(b.sched.now+b.every, func() {
		if b.stopped || !b.sched.workers[b.parent] {
			return
		}
		b.running = true
		w := b.sched.spawn(b.parent.process, b.parent.attempt, b.f, b.ended)
		w.beat = true
	})
}

func (b *beat) ended() {
	b.running = false
	switch {
	case b.waiting:
		b.sched.at(b.sched.now, b.parent.wake(b.parent.nap))
	case !b.stopped:
		b.next()
	}
	b.parent.interrupted() // a heartbeat ends the work when the lease is lost
}

func (b *beat) stop() {
	b.stopped = true
	for b.running && !b.parent.dead {
		b.waiting = true
		b.parent.park()
	}
}
