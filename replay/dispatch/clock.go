package dispatch

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// coarse is by how much a runtime timer may be late: the poller's sleep is rounded up to a millisecond.
	coarse = 1200 * time.Microsecond
	// fine is by how much a nap may be late: the kernel's timer slack and a switch.
	fine = 150 * time.Microsecond
)

// clock tells monotonic time since the run's base.
type clock struct {
	base time.Time
	// spinning counts who burns a core right now, so that it never is more than one.
	spinning atomic.Int32
}

// now is never 0, because 0 says of a time that it did not come about.
func (c *clock) now() time.Duration { return max(1, time.Since(c.base)) }

// until waits for the moment t, to about fine, and returns early with false when ctx ends.
func (c *clock) until(ctx context.Context, t time.Duration) bool {
	for {
		left := t - c.now()
		switch {
		case ctx.Err() != nil:
			return false
		case left <= 0:
			return true
		case left <= coarse:
			nap(left)
		default:
			if !pause(ctx, left-coarse) {
				return false
			}
		}
	}
}

// exactly waits for the moment t, to about a microsecond, or until stop says so. It
// spins at the end, if nobody else does, and never for longer than fine.
func (c *clock) exactly(t time.Duration, stop func() bool) {
	for !stop() {
		left := t - c.now()
		switch {
		case left <= 0:
			return
		case left > fine:
			nap(min(left-fine, fine))
		case c.spinning.CompareAndSwap(0, 1):
			for c.now() < t && !stop() {
				runtime.Gosched()
			}
			c.spinning.Store(0)
		default:
			nap(left)
		}
	}
}

// pause lets d pass and says whether it did before ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
