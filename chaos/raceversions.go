package chaos

import (
	"slices"

	"hookonce/replay"
)

// versionLags are by how much the older version is behind the newer one, as shares of the latency: it comes while the endpoint works on
// that, between the endpoint's reading and its writing where these are steps of their own, and writes last.
var versionLags = []float64{1. / 4, 3. / 8, 1. / 2}

// addRaceVersions releases two versions of one subject at the same instant, the older one first or the newer one, and the older one while
// the endpoint works on the newer. The subject's first event is acknowledged before, where there is a third, so that the endpoint knows
// the subject. A version that is read, compared and written in steps of their own is overwritten by an older one now and then, though
// duplicates and orders in turn never show it.
func addRaceVersions(b *builder) {
	next := 0
	for _, l := range lifecycles(b.in.Events) {
		for i := range (b.in.Settings.Bursts + 1) / 2 {
			b.raceVersions(l, i%2 == 1, nil)
		}
		for range b.in.Settings.Bursts/2 + 2 {
			b.raceVersions(l, true, &versionLags[next%len(versionLags)])
			next++
		}
	}
}

// raceVersions releases the last two versions, and those that the endpoint refuses once more: a race that one of them lost to a
// failure proves nothing.
func (b *builder) raceVersions(lifecycle []replay.Event, newerFirst bool, lag *float64) {
	last := lifecycle[len(lifecycle)-2:]
	if len(lifecycle) > 2 {
		last = slices.Concat(lifecycle[:1], last)
	}
	events := b.freshGroup(last)
	var before *pending
	if len(events) > 2 {
		before = b.inTurn(events[:1], replay.PhaseFault, controlTries)
		events = events[1:]
	}
	if newerFirst {
		events = reversed(events)
	}
	at := b.slot(replay.PhaseFault)
	for _, role := range []replay.Role{replay.RoleFirst, replay.RoleRedelivery} {
		g, after := &gate{}, before
		for i, e := range events {
			d := replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Role: role, At: at}
			if i > 0 {
				d.Lag = lag
			}
			before = b.add(d, after)
			before.gate = g
		}
	}
}
