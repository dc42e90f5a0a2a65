package dispatch

import (
	"syscall"
	"time"
)

// nap sleeps in the kernel: time.Sleep cannot sleep for less than about a millisecond
// here. It blocks a thread, so callers keep d under a few milliseconds.
func nap(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(max(d, 1)))
	// An interrupted nap is only a shorter one: callers look at the clock again.
	_ = syscall.Nanosleep(&ts, nil)
}
