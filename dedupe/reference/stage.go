package reference

import (
	"context"
	"time"

	"hookonce/dedupe"
)

// Stage is what a handler runs on: the real clock where it is served, the
// simulator's where it is simulated. Everything that takes time, or that others can see,
// passes through it; that is where the simulator decides who goes next.
type Stage interface {
	dedupe.Clock
	// Do runs one visible act, such as a charge. It may run nothing and return an error, and it may
	// run the act and still return an error, as any call over a network may.
	Do(ctx context.Context, what string, act func() error) error
	// Go runs f beside the delivery under way, whose answer does not wait for it. It ends with the process, done or not.
	Go(f func())
}

// Clock tells the time.
type Clock interface {
	Now() time.Time
}

// Live is the stage of a served handler: it waits for real. Its clock may be another
// one, so that leases follow an embedded Redis whose clock is moved by hand.
type Live struct{ Clock }

var _ Stage = Live{}

// Sleep waits for d of real time.
func (Live) Sleep(ctx context.Context, d time.Duration) error {
	return dedupe.WallClock{}.Sleep(ctx, d)
}

// Every calls f each d of real time.
func (Live) Every(d time.Duration, f func()) (stop func()) {
	return dedupe.WallClock{}.Every(d, f)
}

// Go runs f in a goroutine.
func (Live) Go(f func()) { go f() }

// Do just acts.
func (Live) Do(_ context.Context, _ string, act func() error) error { return act() }
