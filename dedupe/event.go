package dedupe

import "context"

// Event names one event to a [Guard].
type Event struct {
	Source  string // who sent it: provider, account, tenant
	Subject string // the business object it speaks of; empty where there is none
	ID      string // the idempotency key, the same in every redelivery; never empty
	// Version orders the events of Subject: at most 20 decimal digits. Leave it empty for
	// an event that needs an effect of its own, because a stale event is discarded.
	Version string
	// Fingerprint tells payloads under one id apart; empty switches the comparison off.
	Fingerprint string
}

// Result is what the work produced.
type Result struct {
	// Value is stored, and handed to every duplicate; at most MaxResult bytes.
	Value string
	// Version replaces the event's version, for work that fetched something newer; empty keeps it.
	Version string
	// Data is the subject's state, written with the marker in one step. It takes a subject, and
	// a version of the event or of the result; otherwise nothing is written.
	Data string
	// Tombstone says that the subject is deleted.
	Tombstone bool
}

// Work does what the event asks for. The context ends when the lease is lost: the work must then
// stop, because somebody else may be running. The fence is for the effect: a downstream that
// remembers the greatest fence it saw rejects a worker that was taken over.
type Work func(ctx context.Context, fence int64) (Result, error)

// Run is one run of the work, found in its context by [RunFrom].
type Run struct {
	Event Event
	Fence int64
	// Takeover says that an earlier owner vanished: what it did is unknown, so start from a recovery point.
	Takeover bool
	// Tied names another event with the same version. Under TieRefetch, what the payload
	// says is then not to be trusted: fetch the subject.
	Tied string

	result Result
}

// SetState sets the state that is written when the handler behind the middleware succeeds.
// It is not safe for concurrent use.
func (r *Run) SetState(version, data string, tombstone bool) {
	r.result.Version, r.result.Data, r.result.Tombstone = version, data, tombstone
}

type runKey struct{}

// RunFrom returns the run a work's context belongs to; nil outside of one.
func RunFrom(ctx context.Context) *Run {
	r, _ := ctx.Value(runKey{}).(*Run)
	return r
}
