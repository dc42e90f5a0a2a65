package cmd

import (
	"slices"
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
	"hookonce/replay/fixture"
)

// A handler that checks, works and acts takes a copy that comes in the middle for a new event; one that claims does not.
func TestStaggeredCopiesExposeACheckBeforeTheWork(t *testing.T) {
	set, err := fixture.Load([]string{fixtureDir}, nil, fixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := PlanningOptions{Secrets: []string{testSecret}, Seed: 5, Faults: "stagger", Copies: 2, Race: 2, Bursts: 5, Only: []string{"payment_intent.*", "customer.*"}}
	p, err := o.planWith(set, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	for name, flawed := range map[string]bool{"check-then-act": true, "hardened": false} {
		entry, ok := zoo.Find(name)
		if !ok {
			t.Fatal(name)
		}
		h, err := simulate.Run(t.Context(), p.plan, entry.Handler, simulate.Options{Seed: 1, Engine: "model", Profile: p.sides[0].profile})
		if err != nil {
			t.Fatal(err)
		}
		h.Header.Reference, h.Header.TimeScale = "", 1
		v := audit.Judge(h, nil)
		if found := slices.ContainsFunc(v.Findings, func(f audit.Finding) bool { return f.Code == "double-processing" }); found != flawed {
			t.Errorf("%s: processed twice is %v, want %v: %s %q %v", name, found, flawed, v.Verdict, v.Missing, v.Faults)
		}
	}
}
