package chaos_test

import (
	"reflect"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

// What a round races depends on the seed alone; its events are in no plan, and its numbers go on from the plan's.
func TestRacesBeyondThePlan(t *testing.T) {
	for fault, copies := range map[string]int{"dense": 2, "race": 3} {
		t.Run(fault, func(t *testing.T) {
			in := input(1)
			in.Settings.Faults, in.Settings.Replicas, in.Settings.Dense, in.Settings.Race = []string{fault}, 2, 4, 3
			plan := build(t, in)
			rounds := func() (out [2]replay.Plan) {
				r, err := chaos.NewRaces(in, plan)
				if err != nil {
					t.Fatal(err)
				}
				for i := range out {
					if out[i], err = r.Round(6); err != nil {
						t.Fatal(err)
					}
				}
				return out
			}
			got := rounds()
			if !reflect.DeepEqual(got, rounds()) {
				t.Error("the same seed races others")
			}
			events, next, gates := plan.EventByKey(), len(plan.Deliveries)+1, len(plan.Gates())
			for _, p := range got {
				raced := map[string]map[int]int{} // replicas, per event
				for _, d := range p.Deliveries {
					if d.N != next || d.Fault != fault || d.Phase != replay.PhaseFault || events[d.Event] != nil {
						t.Fatalf("delivery %d, want %d: %+v", d.N, next, d)
					}
					if next++; d.Gate == 0 {
						continue
					}
					if d.Gate <= gates {
						t.Fatalf("gate %d is one of the plan's %d", d.Gate, gates)
					}
					if raced[d.Event] == nil {
						raced[d.Event] = map[int]int{}
					}
					raced[d.Event][d.Replica]++
				}
				if len(raced) < 6 || len(raced) != len(p.Events) {
					t.Errorf("%d of %d events are raced", len(raced), len(p.Events))
				}
				for e, replicas := range raced {
					if replicas[1]+replicas[2] != copies || replicas[1] == 0 || replicas[2] == 0 {
						t.Errorf("%s: copies per replica %v", e, replicas)
					}
				}
				for key := range p.EventByKey() {
					events[key] = &replay.Event{}
				}
			}
		})
	}
}

func TestNothingToRaceBeyondThePlan(t *testing.T) {
	for name, spoil := range map[string]func(*replay.PlanSettings){
		"kept ids": func(s *replay.PlanSettings) { s.KeepIDs = true },
		"no races": func(s *replay.PlanSettings) { s.Faults = []string{"duplicate"} },
	} {
		in := input(1)
		in.Settings.BurstsAuto = true
		build(t, in)
		spoil(&in.Settings)
		if _, err := chaos.Build(in); err == nil {
			t.Errorf("%s: a plan was made", name)
		}
	}
}
