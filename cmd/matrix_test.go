package cmd

import (
	"context"
	"slices"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/reference"
	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
	"hookonce/replay/fixture"
)

// On every seed, the default plan finds each flawed handler that it can find by its codes, none by
// another one, and passes the correct ones. The handlers run in virtual time, so a plan of days takes a part of a second.
func TestMatrix(t *testing.T) {
	const seeds = 3
	set, err := fixture.Load([]string{fixtureDir}, nil, fixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		o := PlanningOptions{Secrets: []string{testSecret}, Seed: seed, Faults: "all", Copies: 3, Race: 3, Bursts: 2, Dense: 5,
			Late: []time.Duration{70 * time.Second, 71 * time.Hour}, Only: []string{"payment_intent.*", "customer.*"}}
		p, err := o.planWith(set, func(string, ...any) {})
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range zoo.Handlers() {
			checkCell(t, entry, p)
		}
	}
}

func checkCell(t *testing.T, entry zoo.Entry, p *planned) {
	t.Helper()
	h, err := simulate.Run(context.Background(), p.plan, entry.Handler, simulate.Options{
		Seed: p.plan.Seed, Handler: entry.Name, Start: entry.Start, Resend: entry.Resends, Fails: reference.FailHalf(p.plan), Profile: p.sides[0].profile})
	if err != nil {
		t.Fatal(err)
	}
	h.Header.Reference = "" // the handler is the target here
	v := audit.Judge(h, nil)
	want := audit.Pass
	if entry.Plain {
		want = audit.Fail
	}
	if v.Verdict != want && (entry.Plain || entry.Correct()) {
		t.Errorf("%s, seed %d: %s, want %s (missing %q)", entry.Name, p.plan.Seed, v.Verdict, want, v.Missing)
	}
	for _, code := range entry.Expect {
		if entry.Plain && !slices.ContainsFunc(v.Findings, func(f audit.Finding) bool { return f.Code == code }) {
			t.Errorf("%s, seed %d: %s was not found", entry.Name, p.plan.Seed, code)
		}
	}
	for _, f := range v.Findings {
		if !slices.Contains(entry.Expect, f.Code) && !slices.Contains(entry.Also, f.Code) {
			t.Errorf("%s, seed %d: %s was not to be found: %s", entry.Name, p.plan.Seed, f.Code, f.Message)
		}
	}
}
