package replay

import "time"

// DownstreamKind says what goes wrong between an endpoint and the downstream API that it calls.
type DownstreamKind string

// The kinds.
const (
	DownstreamFail DownstreamKind = "downstream-fail" // the call is refused, before its effect
	DownstreamLost DownstreamKind = "downstream-lost" // the call has its effect, and the answer is lost
	DownstreamSlow DownstreamKind = "downstream-slow" // the call has its effect, and the answer is late
)

// DownstreamFault strikes the first call that the endpoint makes for the delivery's event.
type DownstreamFault struct {
	Kind DownstreamKind `json:"kind"`
	// For is how late the answer is.
	For time.Duration `json:"for_ns,omitempty"`
}
