package cmd

import (
	"os"
	"runtime/debug"
)

// The bounds on what is let lie: up to how many fixtures a plan is small, and how much garbage there may be then, in percent of what is
// in use, of which little counts as 4 MB.
const (
	fewFixtures  = 2000
	leastGarbage = 400
	mostGarbage  = 1600 // where there are no more than a hundred fixtures: collecting never begins
)

// hurry lets garbage lie until something was sent: what a small plan needs is little, and collecting it meanwhile cost a fifth of the time to
// the first delivery. The function it returns ends that. Whoever set GOGC is obeyed.
func hurry(fixtures int) (calm func()) {
	if fixtures > fewFixtures || os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(max(leastGarbage, mostGarbage*100/max(fixtures, 100)))
	return func() { debug.SetGCPercent(before) }
}
