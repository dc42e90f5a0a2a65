package replay

import "time"

// Outcome is what the sender knows of an attempt.
type Outcome string

// The outcomes. Whether a refused or unknown attempt had its effect is undetermined.
const (
	Acked   Outcome = "acked"   // a success status of the profile, in time
	Refused Outcome = "refused" // any other status
	Unknown Outcome = "unknown" // timeout, reset, hang-up: no answer was read
	// Answered is that of a request which is no delivery: whatever it was told, it acknowledges nothing.
	Answered Outcome = "answered"
	Unsent   Outcome = "unsent" // nothing that the endpoint could have read left the sender
)

// MaxBody is how many bytes of a response body an attempt keeps.
const MaxBody = 64 << 10

// Attempt is what really happened to a delivery. Times are monotonic, since the
// run's base time; a time that did not come about is 0.
type Attempt struct {
	Delivery int     `json:"delivery"`
	Event    string  `json:"event"`
	Outcome  Outcome `json:"outcome"`
	// Replica is the number of the address it was sent to; 0 where the endpoint has one address only.
	Replica int `json:"replica,omitempty"`
	// ID is what the provider's header for this very attempt said: new with each redelivery, and
	// the same in copies that the network made. Empty where the provider sends none.
	ID string `json:"id,omitempty"`
	// Start is the call: the sender began to send.
	Start time.Duration `json:"start_ns"`
	// LastByte is when the request's last byte was handed to the kernel.
	LastByte time.Duration `json:"last_byte_ns,omitempty"`
	// FirstByte is when the answer's first byte was read.
	FirstByte time.Duration `json:"first_byte_ns,omitempty"`
	// End is the return: the answer was complete, or the sender gave up.
	End    time.Duration `json:"end_ns"`
	Status int           `json:"status,omitempty"`
	// Body is the answer's body, at most MaxBody bytes; Truncated says that there was more.
	Body      string `json:"body,omitempty"`
	Truncated bool   `json:"truncated,omitempty"`
	// RetryAfter is what the answer asked for; 0 where it did not.
	RetryAfter time.Duration `json:"retry_after_ns,omitempty"`
	// NoRetry says that the answer carried NoRetryHeader: 1.
	NoRetry bool `json:"no_retry,omitempty"`
	// Error says why there is no answer.
	Error string `json:"error,omitempty"`
	// Fired says whether the delivery's hang-up took place before the answer began.
	Fired bool `json:"fired,omitempty"`
	// Struck is what happened to the endpoint's process, to its call of the downstream, or to its connection to its database, during the delivery, or right before, as the plan
	// had it; empty for nothing.
	Struck ProcessKind `json:"struck,omitempty"`
	// HangUpAt is the resolved moment of a hang-up, since the last byte (or, in mid-body, since the start).
	HangUpAt time.Duration `json:"hang_up_at_ns,omitempty"`
	// Late is how much after its due time the delivery began, for deliveries that only waited for the clock.
	Late time.Duration `json:"late_ns,omitempty"`
}

// Latency is the time from the last byte sent to the first byte of the answer; 0 without an
// answer, and for one that came before the request was complete.
func (a Attempt) Latency() time.Duration {
	if a.FirstByte == 0 || a.LastByte == 0 {
		return 0
	}
	return max(0, a.FirstByte-a.LastByte)
}
