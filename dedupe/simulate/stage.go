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
	s.tell(w.delivery, "works for "+d.String())
	return w.sleep(ctx, d)
}

// Do gives way, and then acts.
func (s stage) Do(_ context.Context, what string, act func() error) error {
	w := s.sched.current
	w.pass(s.cost())
	err := act()
	s.tell(w.delivery, outcome(what, err))
	return err
}

// Go lets a worker of its own run f.
func (s stage) Go(f func()) { s.sched.spawn(s.sched.current.delivery, f, func() {}) }

// Every calls f by a worker of its own, which ends with stop.
func (s stage) Every(d time.Duration, f func()) (stop func()) {
	b := &beat{sched: s.sched, parent: s.sched.current, every: d, f: f}
	b.next()
	return b.stop
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
		b.sched.spawn(b.parent.delivery, b.f, b.ended)
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
