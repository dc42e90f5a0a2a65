package cmd

import (
	"os"
	"runtime/debug"
)

// fewFixtures is up to how many fixtures a plan is small.
const fewFixtures = 2000

// hurry lets garbage lie until something was sent: what a small plan needs is little, and collecting it meanwhile cost a fifth of the time to
// the first delivery. The function it returns ends that. Whoever set GOGC is obeyed.
func hurry(fixtures int) (calm func()) {
	if fixtures > fewFixtures || os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(400)
	return func() { debug.SetGCPercent(before) }
}
