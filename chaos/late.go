package chaos

import "hookonce/replay"

// addLates delivers events cleanly and repeats each long after its
// acknowledgement. Every age has events of its own: a repeat may renew what the endpoint remembers.
func addLates(b *builder) {
	for _, f := range b.samples() {
		for _, age := range b.in.Settings.Late[:b.perFixture(len(b.in.Settings.Late))] {
			e := b.instance(f)
			b.redeliver(b.first(e, replay.PhaseFault, replay.Conditions{}), retries)
			b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: age}, nil)
		}
	}
}
