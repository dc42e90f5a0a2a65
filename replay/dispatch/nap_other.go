//go:build !linux

package dispatch

import "time"

// nap sleeps: elsewhere than on Linux the runtime's timers are as fine as the system's.
func nap(d time.Duration) { time.Sleep(d) }
