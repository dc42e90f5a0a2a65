package dedupe

import (
	"context"
	"time"
)

// Claim asks for the right to work on an event. Source, Subject and Event together
// name it: the same event id from another source, or for another subject, is another event.
type Claim struct {
	Source  string // who sent it: provider, account, tenant
	Subject string // the business object it speaks of; empty where there is none
	Event   string // the event's idempotency key; never empty
	// Version orders the events of Subject: at most 20 decimal digits. Empty means no version check.
	Version string
	// AllowTie claims the event also where another event already set an equal version. The
	// answer then names that event in Tied, and only it may be overwritten (see Completion.Over).
	AllowTie bool
	// Token is the ownership token: unique for this run of the work. A claim that is
	// sent again with the same token gets the first answer again and renews the lease.
	Token string
	// Lease is how long the claim holds without a renewal, in whole milliseconds.
	Lease time.Duration
	// Retention is how long the event is remembered after the last command on it; at least Lease.
	Retention time.Duration
	// Fingerprint tells whether two payloads under one id are the same; empty means unknown, which
	// differs from nothing.
	Fingerprint string
	// Now is the moment of the call; zero means the store's own clock.
	Now time.Time
}

// Kind says what a claim was answered.
type Kind string

// The kinds of answers. Only Claimed and Takeover give the right to work.
const (
	Claimed  Kind = "claimed"  // yours; the event is new, or its last run was released
	Takeover Kind = "takeover" // yours; the last owner's lease is over, and what it did is unknown
	Busy     Kind = "busy"     // another owner's lease is live
	Done     Kind = "done"     // processed before; the result is in the answer
	Stale    Kind = "stale"    // the subject has a newer version, and the event is discarded for good
	Tie      Kind = "tie"      // another event set an equal version: a declared rule must decide
	Mismatch Kind = "mismatch" // the id was used for another payload
)

// Owned says that the claimant owns the event and has to do the work.
func (k Kind) Owned() bool { return k == Claimed || k == Takeover }

// Answer is what a claim was answered.
type Answer struct {
	Kind Kind
	// Fence is the fencing token of an owned claim. It counts the event's runs and only grows
	// while the event is retained.
	Fence int64
	// Busy is what is left of the other owner's lease.
	Busy time.Duration
	// Result is the stored result of a Done event.
	Result string
	// Version is the subject's newest version where Kind is Stale or Tie, without leading zeros.
	Version string
	// Tied is the event that set the equal version: with Tie, and with a claim that allowed it.
	Tied string
	// Completed is set by [Guard.Do] only: what became of an owned event.
	Completed Completed
}

// Hold names a claim that was won: what Renew and Release act on.
type Hold struct {
	Source, Subject, Event, Token string
	// Lease is the new lease from now; used by Renew only.
	Lease time.Duration
	// Retention is how long the event is remembered from now.
	Retention time.Duration
	// Now is the moment of the call; zero means the store's own clock.
	Now time.Time
}

// Completion marks an event as done and, where it has a version, writes the
// subject's state in the same atomic step.
type Completion struct {
	Source, Subject, Event, Token string
	// Result is what later claims of the event are answered; at most MaxResult bytes.
	Result string
	// Version is the version of the state; empty writes no state.
	Version string
	// Over is the event whose equal version may be overwritten: Answer.Tied of the claim, or
	// the event of a State that was read since. Empty means none.
	Over string
	// Data is the subject's state, or a digest of it; at most MaxData bytes.
	Data string
	// Tombstone marks the subject as deleted. The version stays, so that a late update is stale.
	Tombstone bool
	// Retention is how long event and subject are remembered from now.
	Retention time.Duration
	// Now is the moment of the call; zero means the store's own clock.
	Now time.Time
}

// Completed says what a completion was answered.
type Completed string

// The answers to a completion. A call that is sent again gets the first answer
// again; only CompletedTie and CompletedLost, which change nothing, are judged anew.
const (
	// CompletedOK: the event is done and its state, if any, is written.
	CompletedOK Completed = "ok"
	// CompletedLost: the caller does not own the event (taken over, released, or forgotten). Nothing was written.
	CompletedLost Completed = "lost"
	// CompletedStale: the event is done; the subject has a newer version, so its state was not written.
	CompletedStale Completed = "stale"
	// CompletedTie: another event set an equal version meanwhile. Nothing was written and the event is
	// not done: the caller still owns it, and completes it with Over or without Version, or releases it.
	CompletedTie Completed = "tie"
)

// State is what a subject's newest completed event left.
type State struct {
	Version   string // without leading zeros
	Event     string // the event that set it
	Data      string
	Tombstone bool
}

// Store keeps events and subjects. Every method is one atomic step. An error
// means that the step may or may not have happened: the caller neither runs the work nor acknowledges
// the event. Sending the same call again, with the same token, is always safe.
type Store interface {
	// Claim asks for the right to work on an event.
	Claim(ctx context.Context, c Claim) (Answer, error)
	// Renew extends the lease of a held event. False means that it is not held any more.
	Renew(ctx context.Context, h Hold) (bool, error)
	// Complete marks a held event as done.
	Complete(ctx context.Context, c Completion) (Completed, error)
	// Release gives a held event up undone, so that the next claim gets it at once.
	// The fence and the fingerprint stay. False means that it was not held any more.
	Release(ctx context.Context, h Hold) (bool, error)
	// State reads a subject's state; false where there is none, or none any more.
	State(ctx context.Context, source, subject string) (State, bool, error)
}
