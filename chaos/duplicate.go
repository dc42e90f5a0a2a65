package chaos

import "hookonce/replay"

// addDuplicates sends every fixture --copies times, each copy after the answer to
// the one before.
func addDuplicates(b *builder) {
	if b.kept != nil {
		b.duplicateControl()
	}
	for _, f := range b.everyFixture() {
		last := b.first(b.instance(f), replay.PhaseFault, replay.Conditions{})
		b.duplicate(last, b.in.Settings.Copies-1)
	}
}

func (b *builder) duplicate(after *pending, n int) {
	for range n {
		after = b.add(replay.Delivery{Event: after.d.Event, Phase: replay.PhaseFault, Role: replay.RoleDuplicate}, after)
	}
}

// duplicateControl repeats the control events: with recorded ids there may be no other event to repeat.
func (b *builder) duplicateControl() {
	for _, f := range b.kept.control {
		last := b.add(replay.Delivery{Event: f.Key, Phase: replay.PhaseFault, Role: replay.RoleDuplicate,
			At: b.slot(replay.PhaseFault)}, nil)
		b.duplicate(last, b.in.Settings.Copies-2)
	}
}
