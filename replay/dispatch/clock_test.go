package dispatch

import (
	"context"
	"sync"
	"testing"
	"time"
)

func TestClockIsNeverEarly(t *testing.T) {
	c := &clock{base: time.Now()}
	var wg sync.WaitGroup
	for _, d := range []time.Duration{-1, 0, 10 * time.Microsecond, time.Millisecond, 5 * time.Millisecond} {
		for range 3 { // several at once: only one may spin
			wg.Go(func() {
				at := c.now() + d
				if c.exactly(at, func() bool { return false }); c.now() < at {
					t.Errorf("exactly returned early, for %s", d)
				}
				at = c.now() + d
				if !c.until(t.Context(), at) || c.now() < at {
					t.Errorf("until returned early, for %s", d)
				}
			})
		}
	}
	wg.Wait()
	if n := c.spinning.Load(); n != 0 {
		t.Errorf("%d still spin", n)
	}
}

func TestClockStops(t *testing.T) {
	c := &clock{base: time.Now()}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if c.until(ctx, c.now()+time.Hour) {
		t.Error("an hour went by")
	}
	c.exactly(c.now()+time.Hour, func() bool { return true })
}
