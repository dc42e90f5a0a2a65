package chaos

import "hookonce/replay"

// addDense releases two copies each of many events together. More copies of one event hardly help to find a narrow
// window, more trials do: a dense release costs little more than a gate of one event, and is as many of them.
func addDense(b *builder) {
	fixtures, next := b.samples(), 0
	size := b.in.Settings.Dense
	for range b.in.Settings.Bursts * ((len(fixtures) + size - 1) / size) {
		at, g := b.slot(replay.PhaseFault), &gate{}
		for range size {
			e := b.fresh(fixtures[next%len(fixtures)])
			for _, role := range []replay.Role{replay.RoleFirst, replay.RoleDuplicate} {
				b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Role: role, At: at}, nil).gate = g
			}
			next++
		}
	}
}

func withoutDense(in Input) string {
	if in.Settings.KeepIDs {
		return "--keep-ids: an event can be raced once only, which race does"
	}
	return ""
}
