package scenario

import (
	"math/rand/v2"
	"slices"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/simulate"
	"hookonce/replay"
)

// mishaps and rush keep these draws apart, and from those a plan is made with.
const (
	mishaps = 0x6d697368617073
	rush    = 0x72757368
)

// Rush makes half of the events that a plan has wait for another one's acknowledgement start beside that one,
// or up to 60 ms later: a provider's workers do not wait for each other, so the versions of a subject
// overlap.
func Rush(plan replay.Plan, seed uint64) replay.Plan {
	rng := rand.New(rand.NewPCG(seed, rush))
	plan.Deliveries = slices.Clone(plan.Deliveries)
	events := map[int]string{}
	for _, d := range plan.Deliveries {
		events[d.N] = d.Event
	}
	for i := range plan.Deliveries {
		d := &plan.Deliveries[i]
		if d.Phase == replay.PhaseFault && d.Role == replay.RoleFirst && d.After != 0 && events[d.After] != d.Event && rng.IntN(2) == 0 {
			d.After = 0
			d.At += time.Duration(rng.IntN(4)) * 20 * time.Millisecond
		}
	}
	return plan
}

// Misfortunes draws what happens to an endpoint while it goes through a plan: a few mishaps at moments of the fault
// phase, one or two replicas, and work that fails for half of the events.
func Misfortunes(plan replay.Plan, seed uint64) simulate.Options {
	rng := rand.New(rand.NewPCG(seed, mishaps))
	o := simulate.Options{Seed: seed, Engine: simulate.EngineModel, Profile: Profile(), Fails: reference.FailHalf(plan), Replicas: 1 + rng.IntN(2)}
	var events []string
	for _, d := range plan.Deliveries {
		if d.Phase == replay.PhaseFault && d.Role == replay.RoleFirst && d.Signature == replay.SignValid {
			events = append(events, d.Event)
		}
	}
	for range 4 + rng.IntN(8) {
		if len(events) > 0 {
			o.Mishaps = append(o.Mishaps, misfortune(rng, events[rng.IntN(len(events))]))
		}
	}
	return o
}

// misfortune draws one mishap of an event. No effect is lost, and no data: those a handler cannot make good.
func misfortune(rng *rand.Rand, event string) simulate.Mishap {
	m := simulate.Moment{Event: event, Attempt: 1 + rng.IntN(2), Nth: 1 + rng.IntN(8)}
	steps := []simulate.StepKind{simulate.StepCommand, simulate.StepEffect, simulate.StepWork, simulate.StepAnswer}
	m.Step, m.After = steps[rng.IntN(len(steps))], rng.IntN(2) == 0
	switch rng.IntN(7) {
	case 0:
		m.Nth = 1 // there is one piece of work
		return simulate.Mishap{Kind: simulate.Slow, Moment: withStep(m, simulate.StepWork), For: seconds(rng, 5, 40)}
	case 1:
		return simulate.Mishap{Kind: simulate.Pause, Moment: m, For: seconds(rng, 5, 300)}
	case 2:
		return simulate.Mishap{Kind: simulate.Ambiguous, Moment: withStep(m, simulate.StepEffect)}
	case 3:
		return simulate.Mishap{Kind: simulate.ReplyLost, Moment: withStep(m, simulate.StepCommand)}
	case 4:
		return simulate.Mishap{Kind: simulate.RedisDown, Moment: m, For: seconds(rng, 1, 600)}
	case 5:
		return simulate.Mishap{Kind: simulate.Crash, Moment: m, For: seconds(rng, 0, 5)}
	}
	return simulate.Mishap{Kind: simulate.Crash, Moment: m}
}

func withStep(m simulate.Moment, s simulate.StepKind) simulate.Moment { m.Step = s; return m }

func seconds(rng *rand.Rand, from, to int) time.Duration {
	return time.Duration(from+rng.IntN(to-from+1)) * time.Second
}
