package dedupe_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"hookonce/dedupe"
)

// slowStore is a store whose answers take their time.
type slowStore struct {
	dedupe.Store
	claim time.Duration                         // how long a claim's answer is under way
	renew func(context.Context) (renewed error) // what a renewal does instead; nil for nothing
}

func (s slowStore) Claim(ctx context.Context, c dedupe.Claim) (dedupe.Answer, error) {
	a, err := s.Store.Claim(ctx, c)
	time.Sleep(s.claim)
	return a, err
}

func (s slowStore) Renew(ctx context.Context, h dedupe.Hold) (bool, error) {
	if s.renew != nil {
		return false, s.renew(ctx)
	}
	return s.Store.Renew(ctx, h)
}

// TestWorkEndsWithTheLease holds that nothing a store does or leaves undone keeps the work going
// when another may have taken it over.
func TestWorkEndsWithTheLease(t *testing.T) {
	const lease = dedupe.DefaultLease
	hangs := func(d time.Duration) func(context.Context) error {
		return func(context.Context) error { time.Sleep(d); return errDown }
	}
	for _, c := range []struct {
		name  string
		store slowStore
	}{
		{"renewals fail at once", slowStore{renew: hangs(0)}},
		{"a renewal hangs a little beyond it", slowStore{renew: hangs(lease)}},
		{"a renewal hangs for long", slowStore{renew: hangs(time.Hour)}},
		{"renewals fail between two heartbeats", slowStore{renew: hangs(lease / 4)}},
		{"the claim's answer is slow", slowStore{claim: lease / 2, renew: hangs(0)}},
		{"the claim's answer is too late", slowStore{claim: 2 * lease, renew: hangs(0)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.store.Store = newSpy(time.Now)
				g := &dedupe.Guard{Store: c.store}
				asked := time.Now()
				_, err := g.Do(t.Context(), evt, func(ctx context.Context, _ int64) (dedupe.Result, error) {
					<-ctx.Done()
					if d, want := time.Since(asked), max(lease, c.store.claim); d != want {
						t.Errorf("the work was ended %v after the claim was sent, want %v", d, want)
					}
					return dedupe.Result{}, context.Cause(ctx)
				})
				if !errors.Is(err, dedupe.ErrLeaseLost) {
					t.Errorf("got %v, want ErrLeaseLost", err)
				}
			})
		})
	}
}

// TestSlowClaimKeepsItsLease holds that a lease which is renewed goes on, however late its claim was answered.
func TestSlowClaimKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &dedupe.Guard{Store: slowStore{Store: newSpy(time.Now), claim: dedupe.DefaultLease / 2}}
		if a, err := g.Do(t.Context(), evt, takes(5*dedupe.DefaultLease)); err != nil || a.Result != "slow" {
			t.Errorf("got %+v %v", a, err)
		}
	})
}

// TestRenewalIsCutShort holds that a renewal ends with the lease it is for, so that nothing waits for a store's timeout.
func TestRenewalIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		untilCut := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		g := &dedupe.Guard{Store: slowStore{Store: newSpy(time.Now), renew: untilCut}}
		begin := time.Now()
		_, err := g.Do(t.Context(), evt, takes(time.Hour))
		if d := time.Since(begin); !errors.Is(err, dedupe.ErrLeaseLost) || d != dedupe.DefaultLease {
			t.Errorf("got %v after %v, want ErrLeaseLost after %v", err, d, dedupe.DefaultLease)
		}
	})
}
