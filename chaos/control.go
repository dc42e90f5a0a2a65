package chaos

import "hookonce/replay"

// controlTries is how many redeliveries a control event has: control goes on until acknowledged.
const controlTries = 3

// addControl plans the control phase. Every fixture is delivered on its own, because
// that is how most faults send it; then every lifecycle is delivered in order, because that is what
// a reordered lifecycle is compared with.
//
// Each fixture goes twice, under ids of its own each time: an effect that comes only once per
// customer would otherwise look lost in everything that follows.
func addControl(b *builder) {
	b = b.forFault("")
	var end *pending
	for _, f := range b.controlFixtures() {
		end = b.redeliver(b.first(b.instance(f), replay.PhaseControl, replay.Conditions{}), controlTries)
		if b.kept == nil {
			again := replay.Delivery{Event: b.fresh(f).Key, Phase: replay.PhaseControl, Role: replay.RoleFirst}
			end = b.redeliver(b.add(again, end), controlTries)
		}
	}
	if b.kept == nil {
		for _, l := range b.in.lifecycles() {
			end = b.inTurn(b.freshGroup(l), replay.PhaseControl, controlTries)
		}
		addProbes(b, end)
	}
}

func (b *builder) controlFixtures() []replay.Event {
	if b.kept != nil {
		return b.kept.control
	}
	return b.in.Events
}

// inTurn delivers events one after another, each redelivered until acknowledged before the next one goes.
func (b *builder) inTurn(events []replay.Event, p replay.Phase, tries int) *pending {
	at := b.slot(p)
	var last *pending
	for _, e := range events {
		last = b.add(replay.Delivery{Event: e.Key, Phase: p, Role: replay.RoleFirst, At: at}, last)
		last = b.redeliver(last, tries)
	}
	return last
}

const (
	probeGates = 3
	probeSize  = 6
	// probeLag is for how long all requests of a probe but one lack their last byte, as a multiple of what a request takes.
	probeLag = 4.0
)

// addProbes plans gates of different events. Nothing is raced by them: a server that works on one request at a time would make every overlap
// of copies meaningless. It answers like a staircase, as does one that lets requests wait for one lock; but only one whose
// only worker waits for the rest of a request leaves a whole one unanswered beside it.
func addProbes(b *builder, after *pending) {
	for i := range probeGates {
		at, g := b.slot(replay.PhaseControl), &gate{}
		var last *pending
		for j := range probeSize {
			f := b.in.Events[(i*probeSize+j)%len(b.in.Events)]
			d := replay.Delivery{Event: b.fresh(f).Key, Phase: replay.PhaseControl, Role: replay.RoleFirst, At: at}
			if j > 0 {
				lag := probeLag
				d.Lag = &lag
			}
			last = b.add(d, after)
			last.gate = g
		}
		after = last
	}
}

// tailTries is how many fault-free deliveries an event gets that nothing acknowledged so far.
const tailTries = 2

// addTail plans the fault-free tail: all faults are healed, and whatever is still
// unacknowledged is delivered again.
func addTail(b *builder) {
	b = b.forFault("tail")
	for _, e := range *b.events {
		if b.tailed[e.Key] {
			continue
		}
		var last *pending
		at := b.slot(replay.PhaseTail)
		for i := range tailTries {
			last = b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseTail, Role: replay.RoleRedelivery,
				At: at, Wait: b.retryWait(e.Key, i)}, last)
		}
	}
}

// addSentinels plans one clean event per type at the very end. Which types have
// effects is for the endpoint to show, so every type sends its sentinel.
func addSentinels(b *builder) {
	b = b.forFault("sentinel")
	seen := map[string]bool{}
	for _, f := range b.sentinelFixtures() {
		if !seen[f.Type] {
			seen[f.Type] = true
			b.redeliver(b.first(b.instance(f), replay.PhaseSentinel, replay.Conditions{}), controlTries)
		}
	}
}

func (b *builder) sentinelFixtures() []replay.Event {
	if b.kept != nil {
		return b.kept.sentinel
	}
	return b.in.Events
}
