package chaos

import "hookonce/replay"

// addRaces releases --race copies of an event at the same instant, --bursts times
// per fixture, each time on an event nobody has seen before.
func addRaces(b *builder) {
	for _, f := range b.samples() {
		for range b.perFixture(b.in.Settings.Bursts) {
			b.race(b.instance(f))
		}
	}
}

func (b *builder) race(e replay.Event) {
	at, g := b.slot(replay.PhaseFault), &gate{}
	for i := range b.in.Settings.Race {
		role := replay.RoleDuplicate
		if i == 0 {
			role = replay.RoleFirst
		}
		b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Role: role, At: at}, nil).gate = g
	}
}
