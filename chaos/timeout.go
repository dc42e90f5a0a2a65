package chaos

import "hookonce/replay"

// hangUps are the moments at which a timeout gives up, as shares of the latency
// the endpoint showed in control. 0 is right after the last byte: it fires on the fastest handler.
var hangUps = [...]float64{0, 0.5, 0.85}

// addTimeouts hangs up while the handler still works and redelivers at once, so
// that the redelivery starts while the first attempt still runs (as Slack's first retry does).
func addTimeouts(b *builder) {
	for _, f := range b.samples() {
		for i := range b.perFixture(len(hangUps)) {
			share := hangUps[i]
			d := b.first(b.instance(f), replay.PhaseFault, replay.Conditions{HangUp: &replay.HangUp{Latency: &share}})
			d = b.add(replay.Delivery{Event: d.d.Event, Phase: replay.PhaseFault, Role: replay.RoleRedelivery}, d)
			b.redeliver(d, 1)
		}
	}
}

// perFixture is n, or 1 where a fixture can be sent in one role only.
func (b *builder) perFixture(n int) int {
	if b.kept != nil {
		return 1
	}
	return n
}
