package chaos_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"hookonce/chaos"
	"hookonce/replay"
)

// Any window is found to the step, in few rounds, by ages that lie between what was known and what was not.
func TestAgesFindEveryWindow(t *testing.T) {
	for _, most := range []int{1, 16} {
		bound := map[int]int{1: 13, 16: 3}[most]
		for window := 71 * time.Second; window < 72*time.Hour; window += 97 * time.Minute {
			known, again := 70*time.Second, 72*time.Hour
			for round := 0; ; round++ {
				ages := chaos.Ages(known, again, time.Minute, most)
				if len(ages) == 0 {
					break
				}
				if round == bound || len(ages) > most || !slices.IsSorted(ages) || ages[0] <= known || ages[len(ages)-1] >= again {
					t.Fatalf("window %s, round %d: %v between %s and %s", window, round, ages, known, again)
				}
				for _, a := range ages {
					if a < window {
						known = a
					} else {
						again = min(again, a)
					}
				}
			}
			if again-known > time.Minute || known >= window || again < window {
				t.Fatalf("window %s: between %s and %s", window, known, again)
			}
		}
	}
}

// What a round sends depends on the seed, not on what was answered; every age has an event of its own, which no plan has.
func TestWindowRounds(t *testing.T) {
	in := input(1)
	in.Settings.Replicas = 2
	plan, err := chaos.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	ages := []time.Duration{time.Hour, 2 * time.Hour}
	rounds := func() (out [2]replay.Plan) {
		w := chaos.NewWindow(in, plan)
		for i := range out {
			if out[i], err = w.Round(in.Events[0], ages); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	got := rounds()
	if !reflect.DeepEqual(got, rounds()) {
		t.Error("the same seed gives other rounds")
	}
	keys, n := plan.EventByKey(), len(plan.Deliveries)
	for _, p := range got {
		replicas := map[string]int{}
		for _, e := range p.Events {
			if keys[e.Key] != nil {
				t.Errorf("%s is used twice", e.Key)
			}
			keys[e.Key] = &e
		}
		for _, d := range p.Deliveries {
			if n++; d.N != n || d.Fault != "late" || d.Replica == 0 || replicas[d.Event] != 0 && d.Replica != replicas[d.Event] {
				t.Errorf("delivery %d: %+v", n, d)
			}
			replicas[d.Event] = d.Replica
		}
	}
}
