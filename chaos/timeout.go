package chaos

import "hookonce/replay"

// hangUps are the moments at which a timeout gives up, as shares of the latency
// the endpoint showed in control. 0 is right after the last byte: it fires on the fastest handler.
var hangUps = [...]float64{0, 0.5, 0.85}

// leastHangUps is how often a small plan hangs up at least: a handler that takes microseconds
// outruns some of them on a busy machine.
const leastHangUps = 12

// addTimeouts hangs up while the handler still works and redelivers at once, so
// that the redelivery starts while the first attempt still runs (as Slack's first retry does).
func addTimeouts(b *builder) {
	samples := b.samples()
	n := b.perFixture(len(hangUps))
	for n > 1 && n*len(samples) < leastHangUps {
		n += len(hangUps)
	}
	for _, f := range samples {
		for i := range n {
			share := hangUps[i%len(hangUps)]
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
