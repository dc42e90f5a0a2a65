package replay

import "time"

// LockState says what became of a lock.
type LockState string

// The states of a lock. That a lease ran out is no change of its own: nobody acted, and Lock.Until tells when.
const (
	LockHeld     LockState = "held"     // a delivery claimed the event
	LockDone     LockState = "done"     // the event is marked as processed
	LockReleased LockState = "released" // the event was given up undone
)

// Lock is a change of an event's lock, as the reference run made it. It is there to be looked at: no audit reads it.
type Lock struct {
	At    time.Duration `json:"at_ns"`
	Event string        `json:"event"`
	State LockState     `json:"state"`
	// Delivery is the one in which it happened.
	Delivery int `json:"delivery"`
	// Token is who holds it, with LockHeld: an ownership token, or whatever the lock holds instead.
	Token string `json:"token,omitempty"`
	// Lease is how long a claim, or a renewal, holds it; with LockHeld.
	Lease time.Duration `json:"lease_ns,omitempty"`
	// Until is when it ends by itself: with LockHeld the lease, as it was last renewed, and with LockDone the memory
	// of the event. 0 means that it does not.
	Until time.Duration `json:"until_ns,omitempty"`
}
