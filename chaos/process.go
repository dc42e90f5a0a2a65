package chaos

import (
	"time"

	"hookonce/replay"
)

// ProcessFaults lists the faults that a run has where hookonce started the endpoint.
func ProcessFaults() []string { return []string{"process-kill", "process-pause", "process-restart"} }

func withoutProcess(in Input) string {
	if !in.Settings.Process {
		return "the endpoint is not hookonce's to kill: start it with --exec"
	}
	return ""
}

func withoutClock(in Input) string {
	if in.Settings.Process && !in.Settings.Clock {
		return "a pause outlasts a lease only where the clock of the endpoint's Redis can be moved: leave --redis-proxy embedded"
	}
	return withoutProcess(in)
}

// pausedFor is longer than leases are.
const pausedFor = 2 * time.Minute

// killMoments are those of a delivery's own life; the one after its answer is another delivery's.
var killMoments = [...]replay.ProcessMoment{replay.MomentClaim, replay.MomentEffect, replay.MomentAnswer}

// addKills kills the process at each moment. Which types of events have an effect only control shows, so one of each type is
// planned, and whoever carries the plan out bounds how many are killed.
func addKills(b *builder) {
	of := oneOfEachType(b.samples())
	for i, m := range killMoments {
		for _, f := range b.dealt(of, i, len(killMoments)+1) {
			d := b.alone(b.instance(f), replay.Conditions{Process: &replay.ProcessFault{Kind: replay.ProcessKill, Moment: m}})
			b.again(d)
		}
	}
	for _, f := range b.dealt(of, len(killMoments), len(killMoments)+1) {
		d := b.alone(b.instance(f), replay.Conditions{})
		b.inLine(replay.Delivery{Event: d.d.Event, Phase: replay.PhaseProcess, Role: replay.RoleDuplicate,
			Conditions: replay.Conditions{Process: &replay.ProcessFault{Kind: replay.ProcessKill, Moment: replay.MomentBefore}}})
	}
}

// pauseMoments are right after the claim, and when what was looked up before the work is known.
var pauseMoments = [...]replay.ProcessMoment{replay.MomentClaim, replay.MomentWork}

// addPauses stops the process that has claimed an event for longer than its lease. The provider gives up meanwhile, and redelivers.
func addPauses(b *builder) {
	latency := 2.0
	of := oneOfEachType(b.samples())
	for i, f := range of {
		for j, m := range pauseMoments {
			if b.kept != nil && j != i%len(pauseMoments) {
				continue
			}
			b.again(b.alone(b.instance(f), replay.Conditions{HangUp: &replay.HangUp{Latency: &latency},
				Process: &replay.ProcessFault{Kind: replay.ProcessPause, Moment: m, For: pausedFor}}))
		}
	}
}

// addRestarts restarts all replicas, one after the other, while copies of an event race.
func addRestarts(b *builder) {
	for _, f := range oneOfEachType(b.samples()) {
		e, g, before := b.instance(f), &gate{}, b.root.line
		for i := range b.in.Settings.Race {
			d := replay.Delivery{Event: e.Key, Phase: replay.PhaseProcess, Role: replay.RoleDuplicate}
			if i == 0 {
				d.Role = replay.RoleFirst
			}
			// Whichever copy comes first claims the event.
			d.Process = &replay.ProcessFault{Kind: replay.ProcessRestart, Moment: replay.MomentClaim}
			b.root.line = b.add(d, before)
			b.root.line.gate = g
		}
		b.again(b.root.line)
	}
}

// alone adds an event's first delivery, once all before it in the process phase are over: what happens to a process would
// happen to whatever else it does.
func (b *builder) alone(e replay.Event, c replay.Conditions) *pending {
	return b.inLine(replay.Delivery{Event: e.Key, Phase: replay.PhaseProcess, Role: replay.RoleFirst, Conditions: c})
}

func (b *builder) inLine(d replay.Delivery) *pending {
	b.root.line = b.add(d, b.root.line)
	return b.root.line
}

// again redelivers an event at once, as its failure asks for, and goes on as the provider does.
func (b *builder) again(d *pending) {
	d = b.inLine(replay.Delivery{Event: d.d.Event, Phase: replay.PhaseProcess, Role: replay.RoleRedelivery})
	b.root.line = b.redeliver(d, 1)
}

// dealt is what one of several roles gets: everything, or under --keep-ids its share.
func (b *builder) dealt(of []replay.Event, role, roles int) (out []replay.Event) {
	for i, e := range of {
		if b.kept == nil || i%roles == role {
			out = append(out, e)
		}
	}
	return out
}

func oneOfEachType(events []replay.Event) (out []replay.Event) {
	for _, of := range byType(events) {
		out = append(out, of[0])
	}
	return out
}
