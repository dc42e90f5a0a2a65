package chaos

import "hookonce/replay"

// retries is how many redeliveries of the provider's schedule the retry fault plans.
const retries = 3

// addRetries delivers events and redelivers them on the provider's schedule for as long as
// they are refused. It can only take place where the endpoint refuses something.
func addRetries(b *builder) {
	for _, f := range b.samples() {
		if len(b.in.profileOf(f).Retries) == 0 {
			continue
		}
		b.redeliver(b.first(b.instance(f), replay.PhaseFault, replay.Conditions{}), retries)
	}
}
