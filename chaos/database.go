package chaos

import (
	"time"

	"hookonce/replay"
)

func withoutDatabase(in Input) string {
	if !in.Settings.Database {
		return "no proxy before the endpoint's database: start it with --exec, --database URL and --database-proxy"
	}
	return ""
}

// databaseDelay is how late each request of a delivery reaches a slow database.
const databaseDelay = 200 * time.Millisecond

// The least and the most requests of a delivery that are struck.
const (
	leastStruck = 5
	mostStruck  = 9
)

// databaseShares are the requests of a delivery that are struck, from its first one to its last one, which often commits. The fewer types there are, the more
// of one are struck: all, where there are no more than that.
func databaseShares(types int) (out []float64) {
	n := max(leastStruck, min(mostStruck, 2*mostStruck/max(types, 1)))
	for i := range n {
		out = append(out, float64(i)/float64(n-1))
	}
	return out
}

// addDatabase strikes one request of an event's first delivery, once for each share, and redelivers the event at once, as the endpoint's failure asks for.
// Two clean deliveries come before each: the first leaves a connection open, with all that its driver prepares, and the second shows how many requests there
// are then.
func addDatabase(kind replay.DatabaseKind) func(*builder) {
	return func(b *builder) {
		if b.kept != nil {
			b.dealDatabase(databaseFaults(kind, 1))
			return
		}
		of := oneOfEachType(b.samples())
		for _, e := range of {
			for _, f := range databaseFaults(kind, len(of)) {
				b.alone(b.instance(e), replay.Conditions{})
				b.alone(b.instance(e), replay.Conditions{})
				b.again(b.alone(b.instance(e), replay.Conditions{Database: &f}))
			}
		}
	}
}

// dealDatabase gives each recorded event one role: the first is the clean one, and the others take the shares in turn, the last first.
func (b *builder) dealDatabase(faults []replay.DatabaseFault) {
	for i, e := range b.samples() {
		if i == 0 && len(b.samples()) > 1 {
			b.alone(b.instance(e), replay.Conditions{})
			continue
		}
		f := faults[len(faults)-1-i%len(faults)]
		b.again(b.alone(b.instance(e), replay.Conditions{Database: &f}))
	}
}

// databaseFaults strike each share of the requests once; a slow database is slow for all.
func databaseFaults(kind replay.DatabaseKind, types int) (out []replay.DatabaseFault) {
	if kind == replay.DatabaseSlow {
		return append(out, replay.DatabaseFault{Kind: kind, For: databaseDelay})
	}
	for _, share := range databaseShares(types) {
		out = append(out, replay.DatabaseFault{Kind: kind, Share: share})
	}
	return out
}
