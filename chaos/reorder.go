package chaos

import "hookonce/replay"

// addReorders delivers each lifecycle twice in a wrong order: newest first, and
// shuffled. Each event is acknowledged before the next one goes, so that the order is what the endpoint
// saw; the lifecycles run beside one another, so that subjects interleave.
func addReorders(b *builder) {
	groups := b.in.lifecycles()
	b.rng.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
	for _, g := range groups {
		b.inTurn(reversed(b.freshGroup(g)), replay.PhaseFault, controlTries)
		if len(g) > 2 {
			b.inTurn(b.shuffled(b.freshGroup(g)), replay.PhaseFault, controlTries)
		}
	}
}

func reversed(events []replay.Event) []replay.Event {
	out := make([]replay.Event, len(events))
	for i, e := range events {
		out[len(events)-1-i] = e
	}
	return out
}

// shuffled draws an order in which the newest event is not the last one.
func (b *builder) shuffled(events []replay.Event) []replay.Event {
	newest := events[len(events)-1]
	for len(events) > 1 && b.root.err == nil { // events that could not be made are all alike
		b.rng.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		if events[len(events)-1].Key != newest.Key {
			return events
		}
	}
	return events
}
