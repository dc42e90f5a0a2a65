package chaos

import "hookonce/replay"

// lags are by how much each copy of a staggered gate is behind the one before, as shares of the latency. Many windows sit late in a
// handler, after work that takes one copy longer than another; copies that come at one instant then miss them.
var lags = []float64{1. / 16, 1. / 8, 1. / 4, 3. / 8, 7. / 16}

// addStaggers sends a copy while the handler works on the first one, and a third after that: the second one's end may let the third in,
// where a claim is released by somebody who does not hold it.
func addStaggers(b *builder) {
	next := 0
	for _, f := range b.samples() {
		for range (b.perFixture(b.in.Settings.Bursts) + 4) / 5 {
			b.stagger(b.instance(f), lags[next%len(lags)])
			next++
		}
	}
}

func (b *builder) stagger(e replay.Event, lag float64) {
	at, g := b.slot(replay.PhaseFault), &gate{}
	b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Role: replay.RoleFirst, At: at}, nil).gate = g
	for _, l := range []float64{lag, 2 * lag} {
		d := replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Role: replay.RoleDuplicate, At: at}
		d.Lag = &l
		b.add(d, nil).gate = g
	}
}
