package chaos

import (
	"slices"

	"hookonce/replay"
)

// versionLags are by how much the older version is behind the newer one, as shares of the latency: it comes while the endpoint works on
// that, between the endpoint's reading and its writing where these are steps of their own, and writes last. They are small, because an
// endpoint that has nothing else to do is quicker than it was in control.
var versionLags = []float64{1. / 16, 1. / 8, 3. / 16, 1. / 4}

// maxStaggered bounds for how many subjects that is tried: one pair comes after the other.
const maxStaggered = 6

// addRaceVersions releases two versions of one subject at the same instant, the older one first or the newer one, and then, with nothing
// else under way, the older one while the endpoint works on the newer. The subject's first event is acknowledged before, where there is a
// third, so that the endpoint knows the subject. A version that is read, compared and written in steps of their own is overwritten by an
// older one now and then, though duplicates and orders in turn never show it.
func addRaceVersions(b *builder) {
	all := b.in.lifecycles()
	for _, l := range all {
		for i := range (b.in.Settings.Bursts + 1) / 2 {
			b.raceVersions(l, i%2 == 1)
		}
	}
	for _, l := range all[:min(len(all), maxStaggered)] {
		for i := range versionLags {
			b.staggerVersions(l, &versionLags[i])
		}
	}
}

func (b *builder) raceVersions(lifecycle []replay.Event, newerFirst bool) {
	known, events := b.lastVersions(lifecycle)
	if newerFirst {
		events = reversed(events)
	}
	var before *pending
	if len(known) > 0 {
		before = b.inTurn(known, replay.PhaseFault, controlTries)
	}
	b.releaseTwice(events, replay.Delivery{Phase: replay.PhaseFault, At: b.slot(replay.PhaseFault)}, nil, before)
}

// staggerVersions releases the newer version, and the older one while that is worked on.
func (b *builder) staggerVersions(lifecycle []replay.Event, lag *float64) {
	known, events := b.lastVersions(lifecycle)
	for _, e := range known {
		b.root.line = b.redeliver(b.alone(e, replay.Conditions{}), controlTries)
	}
	b.root.line = b.releaseTwice(reversed(events), replay.Delivery{Phase: replay.PhaseProcess}, lag, b.root.line)
}

// lastVersions are a subject's last two events, and its first one where there is a third.
func (b *builder) lastVersions(lifecycle []replay.Event) (known, last []replay.Event) {
	n := len(lifecycle) - 2
	events := b.freshGroup(slices.Concat(lifecycle[:min(n, 1)], lifecycle[n:]))
	return events[:len(events)-2], events[len(events)-2:]
}

// releaseTwice releases two events together, and those of them that the endpoint refuses once more: a race that one of them lost to a
// failure proves nothing. A lag is the second one's.
func (b *builder) releaseTwice(events []replay.Event, like replay.Delivery, lag *float64, before *pending) *pending {
	for _, role := range []replay.Role{replay.RoleFirst, replay.RoleRedelivery} {
		g, after := &gate{}, before
		for i, e := range events {
			d := like
			if d.Event, d.Role = e.Key, role; i > 0 {
				d.Lag = lag
			}
			before = b.add(d, after)
			before.gate = g
		}
	}
	return before
}
