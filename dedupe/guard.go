package dedupe

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

// The defaults of [Options].
const (
	// DefaultLease is how long a crashed worker blocks its event.
	DefaultLease = 30 * time.Second
	// DefaultRetention exceeds what providers redeliver over (Stripe: 3 days;
	// the schedule of Standard Webhooks: 75.6 h).
	DefaultRetention = 8 * 24 * time.Hour
	// DefaultPoll is the pause between two looks at a held event.
	DefaultPoll = 250 * time.Millisecond
)

// The errors of [Guard.Do], besides the store's and the work's own.
var (
	// ErrStore wraps what went wrong with the store. Whether the step happened is unknown.
	ErrStore = errors.New("store")
	// ErrWork wraps the work's error. The event was released.
	ErrWork = errors.New("work")
	// ErrLeaseLost says that the event was taken over, or forgotten, while the work ran.
	ErrLeaseLost = errors.New("lease lost")
	// ErrTie says that another event set an equal version while the work ran, and that no
	// tie rule decides. The event was released: its next delivery sees the tie.
	ErrTie = errors.New("equal version")
)

// TieRule decides between two events of one subject with equal versions. A finer order
// than the version (created before updated before deleted) is better put into the version's last digits.
type TieRule int

// The tie rules.
const (
	// TieUndeclared leaves the decision to the caller: the event is not run.
	TieUndeclared TieRule = iota
	// TieKeep keeps what is there: the event that completed first wins.
	TieKeep
	// TieOverwrite lets the event that completes last win; a tombstone stands.
	TieOverwrite
	// TieRefetch runs the work, which must fetch the subject from the provider (see Run.Tied).
	// If a third event gets in between, the event is released and comes again.
	TieRefetch
)

func (r TieRule) runs() bool { return r == TieOverwrite || r == TieRefetch }

// Options are a Guard's settings; the zero value means the defaults.
type Options struct {
	// Lease is how long a claim holds without a heartbeat, which comes every third of it.
	Lease time.Duration
	// Retention is how long events and subjects are remembered: the dedupe window.
	Retention time.Duration
	// TieRule decides between equal versions.
	TieRule TieRule
	// Hold is how long Do waits for another owner to finish before it answers Busy. It is
	// for providers that never retry; 0 answers at once.
	Hold time.Duration
	// Poll is the pause between two looks while holding.
	Poll time.Duration
	// Clock paces heartbeats and waits; nil is the real time.
	Clock Clock
	// Token makes ownership tokens, unique for each call; nil draws 128 random bits.
	Token func() string
}

// Guard makes work on an event happen once. It is safe for concurrent use; its fields
// must not change once it is used.
type Guard struct {
	Store Store
	Options
}

// withDefaults returns the guard with every setting filled in.
func (g Guard) withDefaults() Guard {
	if g.Lease == 0 {
		g.Lease = DefaultLease
	}
	if g.Retention == 0 {
		g.Retention = max(DefaultRetention, g.Lease)
	}
	if g.Poll <= 0 {
		g.Poll = DefaultPoll
	}
	if g.Clock == nil {
		g.Clock = WallClock{}
	}
	if g.Token == nil {
		g.Token = rand.Text
	}
	return g
}

// Do claims the event and, where it is owned, runs the work under a heartbeat
// and completes or releases the event.
//
// Only two returns mean that the event may be acknowledged: a nil error with an owned Kind (the
// work ran and is recorded), and a nil error with Done or Stale. Tie is the caller's decision, Busy
// and Mismatch are refusals. With an error, nothing may be acknowledged; it wraps ErrInvalid, ErrStore,
// ErrWork, ErrLeaseLost or ErrTie, or is the context's.
//
// When ctx ends, waiting ends and the work's context ends. Calls of the store are not cut short, because a
// call that is cut short is undecided: their bound is the store's own timeout. Only a renewal is, when lease or work is over.
// A panic of the work releases the event and goes on.
func (g *Guard) Do(ctx context.Context, ev Event, work Work) (Answer, error) {
	return g.do(ctx, ctx, ev, work)
}

// do is Do with a context for waiting and one for the work.
func (g *Guard) do(wait, ctx context.Context, ev Event, work Work) (Answer, error) {
	d := g.withDefaults()
	token := d.Token()
	a, sent, err := d.claim(wait, ev, token)
	if err != nil {
		return Answer{}, err
	}
	if !a.Kind.Owned() {
		return a, nil
	}
	o := &owned{guard: &d, event: ev, token: token, answer: a, until: sent.Add(d.Lease)}
	return o.run(ctx, work)
}

// claim asks until the event is not busy, or the hold time is over. sent is when it asked
// last: the lease runs from the server's receipt, which is not earlier, and the answer may be long under way.
func (g *Guard) claim(ctx context.Context, ev Event, token string) (a Answer, sent time.Time, err error) {
	c := Claim{Source: ev.Source, Subject: ev.Subject, Event: ev.ID, Version: ev.Version, AllowTie: g.TieRule.runs(),
		Token: token, Lease: g.Lease, Retention: g.Retention, Fingerprint: ev.Fingerprint}
	if err := c.Validate(); err != nil {
		return Answer{}, sent, err
	}
	until := g.Clock.Now().Add(g.Hold)
	for {
		if err := ctx.Err(); err != nil {
			return Answer{}, sent, err
		}
		sent = g.Clock.Now()
		a, err = g.Store.Claim(context.WithoutCancel(ctx), c)
		if err != nil {
			return Answer{}, sent, fmt.Errorf("%w: claim: %w", ErrStore, err)
		}
		left := until.Sub(g.Clock.Now())
		if a.Kind != Busy || left <= 0 {
			return a, sent, nil
		}
		if err := g.Clock.Sleep(ctx, min(g.Poll, left)); err != nil {
			return Answer{}, sent, err
		}
	}
}
