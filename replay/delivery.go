package replay

import "time"

// Phase is a part of a plan. Phases run one after another: every delivery of a
// phase has ended before the next phase begins.
type Phase string

// The phases, in the order in which they run.
const (
	// PhaseControl delivers every fixture once, cleanly: it teaches what normal is.
	PhaseControl Phase = "control"
	// PhaseFault holds the deliveries the faults made.
	PhaseFault Phase = "fault"
	// PhaseProcess holds the deliveries that need the endpoint to themselves, because something happens to its processes, to its whole Redis
	// or on the way to its database, or because moments matter. They come one after the other: nothing else is under way then.
	PhaseProcess Phase = "process"
	// PhaseTail is fault-free: whatever is still unacknowledged is delivered again.
	PhaseTail Phase = "tail"
	// PhaseFresh delivers, cleanly, what the late duplicates repeat. It comes after the tail, before which clocks may have
	// been moved: an age counts from here.
	PhaseFresh Phase = "fresh"
	// PhaseLate holds the late duplicates, long after the acknowledgement.
	PhaseLate Phase = "late"
	// PhaseSentinel is one clean event at the very end: once its effect is seen, earlier ones are due.
	PhaseSentinel Phase = "sentinel"
)

// Phases lists the phases in the order in which they run.
func Phases() []Phase {
	return []Phase{PhaseControl, PhaseFault, PhaseProcess, PhaseTail, PhaseFresh, PhaseLate, PhaseSentinel}
}

// Role says what a delivery is to its event.
type Role string

// The roles of a delivery.
const (
	// RoleFirst is the event's first delivery.
	RoleFirst Role = "first"
	// RoleDuplicate is sent whatever happened before.
	RoleDuplicate Role = "duplicate"
	// RoleRedelivery is sent only if no earlier delivery of the event was acknowledged.
	RoleRedelivery Role = "redelivery"
	// RoleLate is a duplicate long after the acknowledgement.
	RoleLate Role = "late-duplicate"
	// RoleRequest is no delivery of the event but the user's own request, which may process it as well: a checkout's return, say.
	RoleRequest Role = "request"
)

// Signature says how a delivery is signed.
type Signature string

// The ways to sign. Everything but SignValid must be refused by the endpoint.
const (
	SignValid    Signature = ""          // right key, time of sending
	SignMissing  Signature = "missing"   // no signature header at all
	SignWrongKey Signature = "wrong-key" // made with another secret
	SignTampered Signature = "tampered"  // the body was changed after signing
	SignStale    Signature = "stale"     // right key, but a time outside the provider's tolerance
)

// HangUp makes the sender give up before the answer. Exactly one of its fields is set.
type HangUp struct {
	// Latency is the moment as a share of the latency this endpoint showed for the
	// event's type in the control phase, counted from the last byte sent. It is resolved when
	// the delivery is sent; the attempt records the resolved value and whether it fired.
	Latency *float64 `json:"latency,omitempty"`
	// Body is the share of the body's bytes after which the connection is closed.
	Body *float64 `json:"body,omitempty"`
}

// Conditions are what makes a delivery more than a plain send.
type Conditions struct {
	// Gate is the number (from 1) of the gate that releases this delivery together with its others; 0 for none.
	Gate int `json:"gate,omitempty"`
	// Lag is by how much the copy's last byte leaves after the gate's release, as a share of the latency this endpoint showed for the
	// event's type in the control phase; nil for copies that leave with it.
	Lag *float64 `json:"lag,omitempty"`
	// HangUp is set where the sender gives up early.
	HangUp *HangUp `json:"hang_up,omitempty"`
	// Signature is how the delivery is signed; empty means validly.
	Signature Signature `json:"signature,omitempty"`
	// Rewrite is how the body is written; empty means the event's own bytes.
	Rewrite Rewrite `json:"rewrite,omitempty"`
	// NewAttempt gives a duplicate an id of its own, where the provider sends one (Profile.AttemptID).
	NewAttempt bool `json:"new_attempt,omitempty"`
	// Batch is how the items of the body are put together anew, With the event whose items join them.
	Batch Batch  `json:"batch,omitempty"`
	With  string `json:"with,omitempty"`
	// Redis is set where something goes wrong between the endpoint and its Redis.
	Redis *RedisFault `json:"redis,omitempty"`
	// Downstream is set where something goes wrong with what the endpoint calls.
	Downstream *DownstreamFault `json:"downstream,omitempty"`
	// Database is set where something goes wrong between the endpoint and its database.
	Database *DatabaseFault `json:"database,omitempty"`
	// Process is set where something happens to the process that has the delivery.
	Process *ProcessFault `json:"process,omitempty"`
}

// Delivery is one planned send of an event.
type Delivery struct {
	// N numbers the deliveries of a plan from 1, in the plan's order.
	N int `json:"n"`
	// Event is the key of the event sent.
	Event string `json:"event"`
	Phase Phase  `json:"phase"`
	// Fault names the fault that made the delivery; empty for a clean one.
	Fault string `json:"fault,omitempty"`
	Role  Role   `json:"role"`
	// At is the earliest moment to send, since the start of its phase.
	At time.Duration `json:"at_ns"`
	// After is the number of the delivery that must have ended before (all of its
	// gate, where it has one); 0 for none.
	After int `json:"after,omitempty"`
	// Wait is how long after the end of After to send, in the provider's time. Against a
	// real endpoint it is compressed by the time scale, unless the role is RoleLate.
	Wait time.Duration `json:"wait_ns,omitempty"`
	// Replica is the number (from 1) of the endpoint's address that the delivery goes to; 0 where it has one address only.
	Replica int `json:"replica,omitempty"`
	Conditions
}

// OnlyUnacknowledged says that the delivery is left out once its event was acknowledged.
func (d Delivery) OnlyUnacknowledged() bool { return d.Role == RoleRedelivery }

// Clean says that nothing but the role distinguishes the delivery from an ordinary one.
func (d Delivery) Clean() bool { return d.Conditions == Conditions{} }
