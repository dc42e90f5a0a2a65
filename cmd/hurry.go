package cmd

import (
	"os"
	"runtime/debug"
)

// hurry lets garbage lie until something is sent: what a plan needs is small, and collecting it meanwhile cost a fifth of the time to the
// first delivery. The function it returns ends that. Whoever set GOGC is obeyed.
func hurry() (calm func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}
