package replay

import "time"

// Grade says how well a figure is supported.
type Grade string

// The grades of a source.
const (
	GradeOfficial   Grade = "A" // official documentation or the SDK's source
	GradeSecondary  Grade = "B" // official excerpt, or two secondary sources
	GradeUnverified Grade = "C" // not verified
)

// Source says where a figure of a profile comes from.
type Source struct {
	Figure string `json:"figure"`
	Text   string `json:"text"`
	Where  string `json:"where"`
	Date   string `json:"date"` // when it was read, YYYY-MM-DD
	Grade  Grade  `json:"grade"`
}

// Profile is a provider's figures. It is copied into the journal's header, so
// that an audit needs no provider package.
type Profile struct {
	Name string `json:"name"`
	// Patience is how long the provider waits before it hangs up.
	Patience time.Duration `json:"patience_ns"`
	// Success lists the statuses the provider takes for an acknowledgement, as ranges.
	Success []StatusRange `json:"success"`
	// Retries are the provider's waits before each redelivery. Empty means that it never retries.
	Retries []time.Duration `json:"retries_ns"`
	// GiveUp lists the statuses after which the provider does not deliver the event again, as ranges.
	GiveUp []StatusRange `json:"give_up,omitempty"`
	// HeedsNoRetry says that an answer with NoRetryHeader: 1 does the same, whatever its status.
	HeedsNoRetry bool `json:"heeds_no_retry,omitempty"`
	// RetrySpan is how long after the first delivery the provider may still redeliver by itself or, where it
	// never does by itself, on request.
	RetrySpan time.Duration `json:"retry_span_ns"`
	// Tolerance is how old a signature's time may be; 0 where the scheme has no time.
	Tolerance time.Duration `json:"tolerance_ns,omitempty"`
	// TieRule says in words what orders events of equal version.
	TieRule string `json:"tie_rule,omitempty"`
	// Key names what holds the event's key: a path in the body, or a header.
	Key string `json:"key,omitempty"`
	// Identity says in words what identifies an event, and what only an attempt.
	Identity string `json:"identity,omitempty"`
	// AttemptID names what holds the id of a delivery that is not the event's; empty where none is sent. AttemptKept says
	// that the provider's own retries repeat it.
	AttemptID   string `json:"attempt_id,omitempty"`
	AttemptKept bool   `json:"attempt_kept,omitempty"`
	// Batch is the path, in a body, of the list of events it holds; empty where a body is one event.
	Batch string `json:"batch,omitempty"`
	// Order says in words what an event's subject and version are.
	Order string `json:"order,omitempty"`
	// Signing says in words how a delivery is signed, and what its secret is.
	Signing string `json:"signing,omitempty"`
	// RetryHeader is the header that only a redelivery has; empty where none does. Redelivery tells in words what all
	// such headers say.
	RetryHeader string `json:"retry_header,omitempty"`
	Redelivery  string `json:"redelivery,omitempty"`
	// Failure says in words what any other answer than success leads to.
	Failure string `json:"failure,omitempty"`
	// ContentType is that of a delivery, with what a body holds.
	ContentType string   `json:"content_type,omitempty"`
	Sources     []Source `json:"sources"`
}

// ProfileOf finds a provider's profile: first, or one of others where one has that name.
func ProfileOf(provider string, first Profile, others []Profile) Profile {
	for _, p := range others {
		if p.Name == provider {
			return p
		}
	}
	return first
}

// StatusRange is a range of HTTP statuses, both ends included.
type StatusRange struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// NoRetryHeader, with the value 1, asks a provider that heeds it not to deliver the event again.
const NoRetryHeader = "X-Slack-No-Retry"

// GivesUp says whether the answer made the provider drop the event: by the provider's own rule, the
// endpoint asked for it.
func (p Profile) GivesUp(a Attempt) bool {
	return a.Outcome == Refused && (within(p.GiveUp, a.Status) || p.HeedsNoRetry && a.NoRetry)
}

// Acknowledges says whether the provider takes the status for an acknowledgement.
func (p Profile) Acknowledges(status int) bool { return within(p.Success, status) }

func within(ranges []StatusRange, status int) bool {
	for _, r := range ranges {
		if status >= r.From && status <= r.To {
			return true
		}
	}
	return false
}
