package replay

import "time"

// ProcessKind says what happens to a process of the endpoint.
type ProcessKind string

// The kinds.
const (
	ProcessKill    ProcessKind = "kill"    // killed as by kill -9, and started again at once
	ProcessPause   ProcessKind = "pause"   // stopped where it stands, while time passes for its Redis, then let go on
	ProcessRestart ProcessKind = "restart" // all replicas, one after the other: asked to end, and started again
)

// ProcessMoment says when it happens, in the life of the delivery that carries it.
type ProcessMoment string

// The moments.
const (
	MomentClaim  ProcessMoment = "claim"  // Redis has answered the event's first command, and the endpoint has not read that yet
	MomentWork   ProcessMoment = "work"   // half as long after that as such a delivery took in control
	MomentEffect ProcessMoment = "effect" // the effect has happened, and nothing was answered yet
	MomentAnswer ProcessMoment = "answer" // Redis has answered the last command that such a delivery caused in control; the answer is still to come
	MomentBefore ProcessMoment = "before" // right before the delivery: after the answer to the one before
)

// ProcessFault strikes the process that has the delivery.
type ProcessFault struct {
	Kind   ProcessKind   `json:"kind"`
	Moment ProcessMoment `json:"moment"`
	// For is how much time passes for the endpoint's Redis while the process is paused.
	For time.Duration `json:"for_ns,omitempty"`
}
