package simulate

import (
	"fmt"
	"testing"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

const seeds = 50

// slowThenFail is the smallest story that loses an event: slow work, a sender that hangs up, a
// redelivery while the first still works, and then the work fails.
func slowThenFail() replay.Plan {
	var p planner
	p.control()
	e := p.event("evt", "cus", "7")
	d := p.add(replay.Delivery{Event: e, Role: replay.RoleFirst, Conditions: hangUp(0.5)})
	d = p.redeliver(e, d, 1, 0)
	p.redeliver(e, d, 2, time.Hour)
	p.tail()
	return p.plan
}

func sequential() replay.Plan {
	var p planner
	p.control()
	e := p.event("evt", "cus", "7")
	p.redeliver(e, p.add(replay.Delivery{Event: e, Role: replay.RoleFirst}), 3, time.Hour)
	p.add(replay.Delivery{Event: e, Role: replay.RoleDuplicate, At: 30 * time.Second})
	p.tail()
	return p.plan
}

func raced() replay.Plan {
	var p planner
	p.control()
	e := p.event("evt", "cus", "7")
	for range 4 {
		p.add(replay.Delivery{Event: e, Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: 1}})
	}
	p.tail()
	return p.plan
}

func late(age time.Duration) replay.Plan {
	var p planner
	p.control()
	e := p.event("evt", "cus", "7")
	p.redeliver(e, p.add(replay.Delivery{Event: e, Role: replay.RoleFirst}), 2, time.Hour)
	p.tail()
	p.add(replay.Delivery{Event: e, Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: age})
	return p.plan
}

// reordered sends a newer event of a subject before an older one, a tie, and raced versions.
func reordered() replay.Plan {
	var p planner
	p.control()
	old, young, tie := p.event("evt", "cus", "7"), p.event("evt_young", "cus", "8"), p.event("evt_tie", "cus", "8")
	d := p.add(replay.Delivery{Event: young, Role: replay.RoleFirst})
	d = p.add(replay.Delivery{Event: old, Role: replay.RoleFirst, After: d})
	p.add(replay.Delivery{Event: tie, Role: replay.RoleFirst, After: d})
	for i := range 4 {
		e := p.event(fmt.Sprintf("evt_raced_%d", i), "cus_raced", fmt.Sprint(10-i))
		p.add(replay.Delivery{Event: e, Role: replay.RoleFirst, Conditions: replay.Conditions{Gate: 2}})
	}
	p.tail()
	return p.plan
}

var stories = []struct {
	name string
	plan replay.Plan
}{
	{"slow then fail", slowThenFail()}, {"sequential", sequential()}, {"raced", raced()},
	{"late 70 s", late(70 * time.Second)}, {"late 71 h", late(71 * time.Hour)}, {"reordered", reordered()},
}

// Each handler shows its flaw in the smallest story for it, whatever the seed.
func TestFlawsShow(t *testing.T) {
	lost := func(h replay.History) bool { return acked(h, "evt") && charges(h, "evt") == 0 }
	double := func(h replay.History) bool { return charges(h, "evt") > 1 }
	back := func(h replay.History) bool { return regressed(h, "cus") }
	tests := []struct {
		handler string
		plan    replay.Plan
		fails   reference.Failure
		shows   func(replay.History) bool
	}{
		{"none", sequential(), nil, double},
		{"check-then-act", raced(), nil, double},
		{"article", slowThenFail(), failEvents("evt"), lost},
		{"article", raced(), failEvents("evt"), lost},
		{"article", late(70 * time.Second), nil, double},
		{"busy-200", slowThenFail(), failEvents("evt"), lost},
		{"swallow", sequential(), failEvents("evt"), lost},
		{"no-version", reordered(), nil, back},
	}
	for _, tt := range tests {
		z, _ := zoo.Find(tt.handler)
		for seed := range uint64(seeds) {
			h := mustRun(t, tt.plan, z.Handler, Options{Seed: seed, Fails: tt.fails})
			if !tt.shows(h) {
				t.Errorf("%s, seed %d: the flaw does not show: attempts %+v effects %+v", tt.handler, seed, h.Attempts, h.Effects)
				break
			}
		}
	}
}

// A handler is right in every story but those for its flaw.
func TestRightOtherwise(t *testing.T) {
	tests := []struct {
		handler string
		skip    map[string]bool // stories that are for its flaw
	}{
		{"hardened", nil},
		{"no-version", map[string]bool{"reordered": true}},
		{"busy-200", map[string]bool{"slow then fail": true, "raced": true}},
		{"swallow", map[string]bool{"slow then fail": true, "sequential": true, "raced": true, "late 70 s": true, "late 71 h": true}},
		{"check-then-act", map[string]bool{"slow then fail": true, "raced": true}},
	}
	for _, tt := range tests {
		z, _ := zoo.Find(tt.handler)
		for _, story := range stories {
			if tt.skip[story.name] {
				continue
			}
			for seed := range uint64(seeds) {
				if seed >= 10 && tt.handler != "hardened" {
					break // fewer will do for handlers with a flaw elsewhere
				}
				for _, fails := range []reference.Failure{nil, failEvents("evt", "evt_young", "evt_raced_1")} {
					if tt.handler == "swallow" {
						fails = nil
					}
					h := mustRun(t, story.plan, z.Handler, Options{Seed: seed, Fails: fails})
					checkRight(t, fmt.Sprintf("%s, %s, seed %d", tt.handler, story.name, seed), h)
				}
			}
		}
	}
}

// checkRight says that every event was acknowledged and charged once, that no state
// ever went back, and that each subject ends at its newest version.
func checkRight(t *testing.T, what string, h replay.History) {
	t.Helper()
	newest := map[string]string{}
	for _, e := range h.Plan.Events {
		if n := charges(h, e.Key); n != 1 {
			t.Errorf("%s: %d charges of %s", what, n, e.Key)
		}
		if !acked(h, e.Key) {
			t.Errorf("%s: %s is never acknowledged", what, e.Key)
		}
		if replay.CompareVersions(e.Version, newest[e.Subject]) > 0 {
			newest[e.Subject] = e.Version
		}
	}
	final := map[string]string{}
	for _, e := range h.Effects {
		if e.State() {
			final[e.Subject] = e.Version
		}
	}
	for subject, version := range newest {
		if regressed(h, subject) || final[subject] != version {
			t.Errorf("%s: %s goes back, or ends at %s, want %s", what, subject, final[subject], version)
		}
	}
	if !h.Complete {
		t.Errorf("%s: not complete", what)
	}
}

// All that a plan may hold, many times over: hardened is right for every seed.
func TestHardenedIsNeverWrong(t *testing.T) {
	p := bigPlan(100)
	for seed := range uint64(20) {
		for _, fails := range []reference.Failure{reference.FailHalf(p), reference.FailFirst} {
			h := mustRun(t, p, reference.Hardened, Options{Seed: seed, Fails: fails})
			checkRight(t, fmt.Sprintf("seed %d", seed), h)
		}
	}
}
