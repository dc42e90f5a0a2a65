package chaos

import "hookonce/replay"

// addTruncated closes the connection after a part of the body and then redelivers
// the event whole.
func addTruncated(b *builder) {
	for _, f := range b.samples() {
		share := 0.1 + 0.8*b.rng.Float64()
		// Three digits keep the plan readable, and free of digits that differ between machines.
		share = float64(int(share*1000)) / 1000
		d := b.first(b.instance(f), replay.PhaseFault, replay.Conditions{HangUp: &replay.HangUp{Body: &share}})
		b.redeliver(d, 1)
	}
}
