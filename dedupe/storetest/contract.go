// Package storetest is the contract of a dedupe.Store: one suite for every engine, and
// a comparison of an engine with the model over random transitions.
//
// It holds no engine, and nothing outside of tests may import it.
package storetest

import (
	"testing"
	"time"

	"hookonce/dedupe"
)

// Setup returns a store and a function that moves the store's clock. Both may be
// shared between calls: every case uses names of its own.
type Setup func(t *testing.T) (dedupe.Store, func(time.Duration))

// contract is one rule of the contract.
type contract struct {
	name string
	run  func(*bench)
}

// Run holds a store to the contract.
func Run(t *testing.T, setup Setup) {
	t.Helper()
	for _, group := range []struct {
		name  string
		rules []contract
	}{{"claim", claims()}, {"complete", completions()}, {"version", versions()}, {"tie", ties()}, {"hostile", hostiles()}} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.rules {
				t.Run(c.name, func(t *testing.T) {
					store, advance := setup(t)
					c.run(&bench{T: t, store: store, advance: advance, source: t.Name()})
				})
			}
		})
	}
}

// The durations every case uses.
const (
	lease     = 30 * time.Second
	retention = 8 * 24 * time.Hour
)

// bench runs one case.
type bench struct {
	*testing.T
	store   dedupe.Store
	advance func(time.Duration)
	source  string
}

// claimOf is a claim with the usual settings.
func (b *bench) claimOf(subject, event, token string) dedupe.Claim {
	return dedupe.Claim{Source: b.source, Subject: subject, Event: event, Token: token, Lease: lease, Retention: retention}
}

// completionOf is a completion with the usual settings.
func (b *bench) completionOf(subject, event, token, version string) dedupe.Completion {
	return dedupe.Completion{Source: b.source, Subject: subject, Event: event, Token: token, Version: version,
		Result: "result of " + event, Data: "data of " + event, Retention: retention}
}

// wantClaim claims and compares the whole answer.
func (b *bench) wantClaim(c dedupe.Claim, want dedupe.Answer) {
	b.Helper()
	got, err := b.store.Claim(b.Context(), c)
	if err != nil {
		b.Fatalf("claim %s by %s: %v", c.Event, c.Token, err)
	}
	if got != want {
		b.Fatalf("claim %s by %s:\n got %+v\nwant %+v", c.Event, c.Token, got, want)
	}
}

func (b *bench) wantComplete(c dedupe.Completion, want dedupe.Completed) {
	b.Helper()
	got, err := b.store.Complete(b.Context(), c)
	if err != nil || got != want {
		b.Fatalf("complete %s by %s: got %q %v, want %q", c.Event, c.Token, got, err, want)
	}
}

func (b *bench) holdOf(subject, event, token string) dedupe.Hold {
	return dedupe.Hold{Source: b.source, Subject: subject, Event: event, Token: token, Lease: lease, Retention: retention}
}

func (b *bench) wantRenew(subject, event, token string, want bool) {
	b.Helper()
	got, err := b.store.Renew(b.Context(), b.holdOf(subject, event, token))
	if err != nil || got != want {
		b.Fatalf("renew %s by %s: got %v %v, want %v", event, token, got, err, want)
	}
}

func (b *bench) wantRelease(subject, event, token string, want bool) {
	b.Helper()
	got, err := b.store.Release(b.Context(), b.holdOf(subject, event, token))
	if err != nil || got != want {
		b.Fatalf("release %s by %s: got %v %v, want %v", event, token, got, err, want)
	}
}

// wantState compares a subject's state; nil means none.
func (b *bench) wantState(subject string, want *dedupe.State) {
	b.Helper()
	got, ok, err := b.store.State(b.Context(), b.source, subject)
	switch {
	case err != nil:
		b.Fatalf("state %s: %v", subject, err)
	case want == nil && ok:
		b.Fatalf("state %s: got %+v, want none", subject, got)
	case want != nil && (!ok || got != *want):
		b.Fatalf("state %s: got %+v %v, want %+v", subject, got, ok, *want)
	}
}

// done runs an event through, as a first delivery does.
func (b *bench) done(subject, event, version string) {
	b.Helper()
	c := b.claimOf(subject, event, "token of "+event)
	c.Version = version
	b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
	b.wantComplete(b.completionOf(subject, event, c.Token, version), dedupe.CompletedOK)
}
