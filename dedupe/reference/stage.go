package reference

import (
	"context"
	"errors"
	"sync"
	"time"

	"hookonce/dedupe"
)

// Stage is what a handler runs on: the real clock where it is served, the
// simulator's where it is simulated. Everything that takes time, or that others can see,
// passes through it; that is where the simulator decides who goes next.
type Stage interface {
	dedupe.Clock
	// Do runs one visible act, such as a charge. It may run nothing and return an error, and it may
	// run the act and still return an error, as any call over a network may. An act that
	// returns ErrBlocked is run again a little later, until it does not or MaxBlocked is over.
	Do(ctx context.Context, what string, act func() error) error
	// Go runs f beside the delivery under way, whose answer does not wait for it. It ends with the process, done or not.
	Go(f func())
}

// ErrBlocked is returned by an act that waits for a lock somebody else holds. An act must
// never wait by itself: under the simulator nobody else would move.
var ErrBlocked = errors.New("locked by somebody else")

// MaxBlocked is how long an act is tried again while it is blocked.
const MaxBlocked = 5 * time.Second

// blockedPause is the pause between two tries on real time.
const blockedPause = 2 * time.Millisecond

// Clock tells the time.
type Clock interface {
	Now() time.Time
}

// Live is the stage of a served handler: it waits for real. Its clock may be another
// one, so that leases follow an embedded Redis whose clock is moved by hand.
type Live struct {
	Clock
	// background counts what Go started.
	background *sync.WaitGroup
}

var _ Stage = Live{}

// NewLive returns a stage with the given clock.
func NewLive(c Clock) Live { return Live{Clock: c, background: &sync.WaitGroup{}} }

// Sleep waits for d of real time.
func (Live) Sleep(ctx context.Context, d time.Duration) error {
	return dedupe.WallClock{}.Sleep(ctx, d)
}

// Every calls f each d of real time.
func (Live) Every(d time.Duration, f func()) (stop func()) {
	return dedupe.WallClock{}.Every(d, f)
}

// After calls f when d of real time is over.
func (Live) After(d time.Duration, f func()) (stop func()) {
	return dedupe.WallClock{}.After(d, f)
}

// Do acts, again and again while the act is blocked.
func (l Live) Do(ctx context.Context, _ string, act func() error) error {
	for tries := MaxBlocked / blockedPause; ; tries-- {
		err := act()
		if tries == 0 || !errors.Is(err, ErrBlocked) {
			return err
		}
		if err := l.Sleep(ctx, blockedPause); err != nil {
			return err
		}
	}
}

// Go runs f on a goroutine, which Wait waits for.
func (l Live) Go(f func()) { l.background.Go(f) }

// Wait waits until nothing runs in the background.
func (l Live) Wait() { l.background.Wait() }
