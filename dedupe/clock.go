package dedupe

import (
	"context"
	"time"
)

// Clock is the time a [Guard] lives in: its heartbeats, its waits and when it must stop, and nothing
// else. A virtual clock makes a run a function of its schedule. That a lease is over
// for others is not measured with it, but by the store.
type Clock interface {
	// Now is the present moment.
	Now() time.Time
	// Sleep waits for d, or returns the context's error as soon as it is done.
	Sleep(ctx context.Context, d time.Duration) error
	// Every calls f again and again, d apart and never twice at once, until stop is
	// called. When stop returns, f is not running and will not run again. f must not call stop.
	Every(d time.Duration, f func()) (stop func())
	// After calls f once, d from now, unless stop is called before. A stop that comes too late does not wait for f.
	After(d time.Duration, f func()) (stop func())
}

// WallClock is the real time.
type WallClock struct{}

var _ Clock = WallClock{}

// Now implements Clock.
func (WallClock) Now() time.Time { return time.Now() }

// Sleep implements Clock.
func (WallClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Every implements Clock, on a goroutine that ends with stop.
func (WallClock) Every(d time.Duration, f func()) (stop func()) {
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(d)
		defer t.Stop()
		for {
			select {
			case <-quit:
				return
			case <-t.C:
				f()
			}
		}
	}()
	return func() {
		close(quit)
		<-ended
	}
}

// After implements Clock.
func (WallClock) After(d time.Duration, f func()) (stop func()) {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}
