package replay

import (
	"math"
	"time"
)

// RedisKind says what goes wrong between an endpoint and its Redis.
type RedisKind string

// The kinds.
const (
	RedisCutBefore RedisKind = "cut-before" // the connection is cut, and the server does not get the command
	RedisCutAfter  RedisKind = "cut-after"  // the server carries the command out, and its reply is lost
	RedisError     RedisKind = "error"      // the command is answered with an error, and not carried out
	RedisLatency   RedisKind = "latency"    // the command is passed on late
	RedisBlackhole RedisKind = "blackhole"  // nothing on the connection is answered any more
	RedisRefuse    RedisKind = "refuse"     // connections are cut, and new ones refused
	RedisEvict     RedisKind = "evict"      // after the command the server forgets the event's keys
	RedisFlush     RedisKind = "flush"      // after the command the server forgets every key
)

// Loses says that the server forgets what it had acknowledged: no lock can promise at-most-once then.
func (k RedisKind) Loses() bool { return k == RedisEvict || k == RedisFlush }

// RedisFault strikes commands that the endpoint sends to its Redis for the delivery's event.
type RedisFault struct {
	Kind RedisKind `json:"kind"`
	// Share is the command struck, from 0, the first, to 1, the last, of those that a delivery of the event's type caused in
	// control. It is resolved when the faults begin. Without it, and without Nth, all commands are struck.
	Share *float64 `json:"share,omitempty"`
	// Nth is the command struck, from 1.
	Nth int `json:"nth,omitempty"`
	// Whole strikes whatever the endpoint asks, health checks too, and whichever event it is about: the delivery is made alone.
	Whole bool `json:"whole,omitempty"`
	// Text is the error's.
	Text string        `json:"text,omitempty"`
	For  time.Duration `json:"for_ns,omitempty"`
}

// Command is the number of the command struck, from 1, where a delivery causes so many; 0 for all.
func (f RedisFault) Command(of int) int {
	if f.Share == nil {
		return f.Nth
	}
	return 1 + int(math.Round(*f.Share*float64(max(of, 1)-1)))
}
