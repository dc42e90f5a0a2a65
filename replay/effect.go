package replay

import "time"

// Effect is one observation of a consequence the endpoint committed: either a
// count of effects under a key, or the version a subject now has.
//
// It was committed after Since and not after At. A source that sees the commit
// itself (a sink) sets both to the same moment; one that is polled sets Since to the start of
// the last poll that did not see it.
type Effect struct {
	At    time.Duration `json:"at_ns"`
	Since time.Duration `json:"since_ns"`
	// Source is the label of the effect source, as the user gave it, without secrets.
	Source string `json:"source"`
	// Name tells effects of one source apart ("charge", "email"); empty where it does not.
	Name string `json:"name,omitempty"`
	// Key is the id the source counts under: an event's key, or a subject's or another id of the payload.
	Key string `json:"key,omitempty"`
	// Count is how many effects came to Key with this observation; 0 with a Key only where Unsure says something. Only a
	// source that was reset shows a negative one.
	Count int `json:"count,omitempty"`
	// Unsure is how many effects began that may come to Key and may not: calls that were passed on and have no answer that tells.
	// A negative one takes back what has been decided since. What is left over at the end happened, or did not.
	Unsure int `json:"unsure,omitempty"`
	// IdempotencyKey is what the call that had the effect gave its service to know it again by, shortened. It is empty where the call had
	// none, and where the source sees no calls.
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	// Subject and Version are set, instead of Key and Count, where the source tells states.
	Subject string `json:"subject,omitempty"`
	Version string `json:"version,omitempty"`
	// Deleted says that the subject is gone (a tombstone).
	Deleted bool `json:"deleted,omitempty"`
	// Earlier marks an observation of what was there before the run began.
	Earlier bool `json:"earlier,omitempty"`
}

// State says that the observation is of a subject's version, not of a count.
func (e Effect) State() bool { return e.Subject != "" }
