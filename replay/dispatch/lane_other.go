//go:build !linux

package dispatch

import (
	"net"
	"time"
)

// lane is there on Linux only. Elsewhere every delivery has a goroutine.
type lane struct{}

func newLane() *lane                                     { return nil }
func (*lane) close()                                     {}
func (*lane) begin(*runner, *schedule, *unit) bool       { return false }
func (*lane) release(*runner, *schedule)                 {}
func (*lane) arrivals(*runner, *schedule) int            { return 0 }
func (*lane) told(*runner, *schedule) int                { return 0 }
func (*lane) landed() bool                               { return false }
func (*lane) came() <-chan struct{}                      { return nil }
func (*lane) patience(_, in time.Duration) time.Duration { return in }
func (*lane) abort(*runner)                              {}

// readsNow says whether the connection can be used by who does not wait.
func readsNow(net.Conn) bool { return false }

// writeNow is not called where nobody can read without waiting.
func writeNow(c net.Conn, b []byte) (int, error) { return c.Write(b) }

// quiet is not asked where nobody can read without waiting.
func quiet(net.Conn) bool { return false }
