package chaos

import (
	"slices"

	"hookonce/replay"
)

// addRaceVersions releases two versions of one subject at the same instant, the older one first or the newer one. The subject's first
// event is acknowledged before, where there is a third, so that the endpoint knows the subject. A version that is read, compared and written
// in steps of their own is overwritten by an older one now and then, though duplicates and orders in turn never show it.
func addRaceVersions(b *builder) {
	for _, l := range lifecycles(b.in.Events) {
		for i := range (b.in.Settings.Bursts + 1) / 2 {
			b.raceVersions(l, i%2 == 1)
		}
	}
}

func (b *builder) raceVersions(lifecycle []replay.Event, newerFirst bool) {
	last := lifecycle[len(lifecycle)-2:]
	if len(lifecycle) > 2 {
		last = slices.Concat(lifecycle[:1], last)
	}
	events := b.freshGroup(last)
	var known *pending
	if len(events) > 2 {
		known = b.inTurn(events[:1], replay.PhaseFault, controlTries)
		events = events[1:]
	}
	if newerFirst {
		events = reversed(events)
	}
	at, g := b.slot(replay.PhaseFault), &gate{}
	for _, e := range events {
		b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Role: replay.RoleFirst, At: at}, known).gate = g
	}
}
