package chaos

import "hookonce/replay"

// addLates delivers events cleanly and repeats each long after its
// acknowledgement, once all else is over. Every age has events of its own: a repeat may renew what the endpoint remembers.
func addLates(b *builder) {
	for _, f := range b.samples() {
		for _, age := range b.in.Settings.Late[:b.perFixture(len(b.in.Settings.Late))] {
			e := b.instance(f)
			b.tailed[e.Key] = true
			b.redeliver(b.first(e, replay.PhaseFresh, replay.Conditions{}), retries)
			b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: age}, nil)
		}
	}
}
