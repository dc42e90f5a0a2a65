package cmd

import (
	"slices"
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
	"hookonce/replay/fixture"
)

// A version that is read, compared and written in steps of their own goes back when two versions race; where the three are one
// step, it does not.
func TestRacedVersionsExposeTheThreeSteps(t *testing.T) {
	set, err := fixture.Load([]string{fixtureDir}, nil, fixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := PlanningOptions{Secrets: []string{testSecret}, Seed: 5, Faults: "race-versions", Copies: 2, Race: 2, Bursts: 5, Only: []string{"payment_intent.*", "customer.*"}}
	p, err := o.planWith(set, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	for name, flawed := range map[string]bool{"version-race": true, "hardened": false} {
		entry, _ := zoo.Find(name)
		found := false
		for seed := range uint64(4) {
			h, err := simulate.Run(t.Context(), p.plan, entry.Handler, simulate.Options{Seed: seed, Engine: "model", Profile: p.sides[0].profile})
			if err != nil {
				t.Fatal(err)
			}
			h.Header.Reference, h.Header.TimeScale = "", 1
			found = found || slices.ContainsFunc(audit.Judge(h, nil).Findings, func(f audit.Finding) bool { return f.Code == "regress" || f.Code == "stale-final" })
		}
		if found != flawed {
			t.Errorf("%s: went back is %v, want %v", name, found, flawed)
		}
	}
}
