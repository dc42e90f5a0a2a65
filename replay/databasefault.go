package replay

import (
	"math"
	"time"
)

// DatabaseKind says what goes wrong between an endpoint and its database.
type DatabaseKind string

// The kinds.
const (
	DatabaseSlow DatabaseKind = "database-slow" // every request reaches the database late
	DatabaseCut  DatabaseKind = "database-cut"  // the connection is cut in the midst of a request, which is not carried out
	DatabaseLost DatabaseKind = "database-lost" // the database carries a request out, a COMMIT say, and the connection is cut instead of its reply
)

// DatabaseFault strikes what the endpoint asks of its database while it handles the delivery, with nothing else under way.
type DatabaseFault struct {
	Kind DatabaseKind `json:"kind"`
	// Share is the request struck, from 0, the first, to 1, the last, of those that a clean delivery of the event's type caused right before. It is
	// resolved when the delivery is sent.
	Share float64 `json:"share"`
	// For is how late requests are.
	For time.Duration `json:"for_ns,omitempty"`
}

// Request is the number of the request struck, from 1, where a delivery causes so many.
func (f DatabaseFault) Request(of int) int {
	return 1 + int(math.Round(f.Share*float64(max(of, 1)-1)))
}
