package chaos

import (
	"time"

	"hookonce/replay"
)

func withoutSink(in Input) string {
	if !in.Settings.Sink {
		return "the endpoint calls no sink of hookonce's: give --effects listen:ADDR"
	}
	return ""
}

// downstreamDelay is how late a slow answer is: later than endpoints wait that are in a hurry.
const downstreamDelay = time.Second

// addDownstream strikes the call that an event's first delivery makes, redelivers the event at once, as the endpoint's failure asks for, and
// goes on as the provider does.
func addDownstream(f replay.DownstreamFault) func(*builder) {
	return func(b *builder) {
		for _, e := range b.samples() {
			d := b.first(b.instance(e), replay.PhaseFault, replay.Conditions{Downstream: &f})
			b.redeliver(b.add(replay.Delivery{Event: d.d.Event, Phase: replay.PhaseFault, Role: replay.RoleRedelivery}, d), 1)
		}
	}
}
