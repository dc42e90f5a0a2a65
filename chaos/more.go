package chaos

import (
	"errors"
	"slices"
	"time"

	"hookonce/replay"
)

// Races makes races beyond the plan's, for as long as somebody asks. They are no part of the plan: how many there have to be depends on
// how many of them overlapped. Which events the n-th round races depends on the seed alone.
type Races struct {
	b              *builder
	fault          string
	events, copies int // of a gate
	fixtures       []replay.Event
	turn           int // whose fixture it is
	next, gate     int // numbers
}

// NewRaces makes races after a plan, whose numbers theirs go on from: dense ones where the plan has such, and else gates of one event.
func NewRaces(in Input, before replay.Plan) (*Races, error) {
	r := &Races{b: newBuilder(in).forFault("more"), fault: "dense", events: in.Settings.Dense, copies: 2, next: len(before.Deliveries) + 1, gate: len(before.Gates())}
	if err := checkMore(in.Settings); err != nil {
		return nil, err
	}
	if !slices.Contains(in.Settings.Faults, r.fault) {
		r.fault, r.events, r.copies = "race", 1, in.Settings.Race
	}
	for _, e := range before.Events {
		r.b.keys[e.Key] = true
	}
	r.fixtures = r.b.samples()
	return r, nil
}

// checkMore says why nothing can be raced beyond a plan.
func checkMore(s replay.PlanSettings) error {
	switch {
	case s.KeepIDs:
		return errors.New("--bursts auto goes on with fresh events: leave out --keep-ids")
	case !slices.Contains(s.Faults, "dense") && !slices.Contains(s.Faults, "race"):
		return errors.New("--bursts auto goes on with dense releases or races: add one of them to --faults")
	}
	return nil
}

// Round is a plan that races so many events, or more where a gate holds more. What is refused is delivered again, because it comes after
// what the plan's tail is for.
func (r *Races) Round(events int) (replay.Plan, error) {
	p := replay.Plan{Schema: replay.PlanSchema, Seed: r.b.in.Seed}
	for at := time.Duration(0); len(p.Events) < events; at += pace {
		r.gate++
		var again []replay.Delivery
		for range r.events {
			e := r.b.fresh(r.fixtures[r.turn%len(r.fixtures)])
			r.turn++
			p.Events = append(p.Events, e)
			d := replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Fault: r.fault, Role: replay.RoleFirst, At: at, Conditions: replay.Conditions{Gate: r.gate}}
			again = append(again, replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Fault: r.fault, Role: replay.RoleRedelivery, After: r.next})
			for range r.copies {
				p.Deliveries = append(p.Deliveries, r.numbered(d))
				d.Role = replay.RoleDuplicate
			}
		}
		for _, d := range again {
			for i := range retries {
				d.Wait = r.b.retryWait(d.Event, i)
				d = r.numbered(d)
				p.Deliveries = append(p.Deliveries, d)
				d.After = d.N
			}
		}
	}
	r.b.addReplicas(p.Deliveries)
	return p, r.b.root.err
}

func (r *Races) numbered(d replay.Delivery) replay.Delivery {
	d.N = r.next
	r.next++
	return d
}
