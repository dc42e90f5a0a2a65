package chaos

import "hookonce/replay"

// addTruncated closes the connection after a part of the body and then redelivers
// the event whole.
func addTruncated(b *builder) {
	for _, f := range b.samples() {
		// From an integer: a product and a sum of floats may be rounded differently on another machine.
		share := float64(100+b.rng.IntN(800)) / 1000
		d := b.first(b.instance(f), replay.PhaseFault, replay.Conditions{HangUp: &replay.HangUp{Body: &share}})
		b.redeliver(d, 1)
	}
}
