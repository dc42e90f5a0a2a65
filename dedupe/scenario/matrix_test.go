package scenario

import (
	"testing"

	"hookonce/dedupe/zoo"
)

const (
	seeds = 20
	fewer = 4 // for the correct handlers, which are tried in every scenario; `hookonce zoo` tries all
)

// Every flawed handler is found by its codes in its scenario, on every seed, and by no others.
func TestFlawedAreFound(t *testing.T) {
	for _, e := range zoo.Handlers() {
		if e.Correct() {
			continue
		}
		s, ok := Find(e.Scenario)
		if !ok {
			t.Errorf("%s: no scenario %q", e.Name, e.Scenario)
			continue
		}
		for seed := range uint64(seeds) {
			r, err := Try(t.Context(), e, s, seed)
			if err != nil {
				t.Fatal(err)
			}
			if !r.Found(e) || len(r.Idle) > 0 || len(r.Outside(e, s.Warns)) > 0 {
				t.Errorf("%s in %s, seed %d: found %q, want %q (also %q); idle %q missing %q", e.Name, s.Name, seed, r.Codes, e.Expect, e.Also, r.Idle, r.Missing)
				break
			}
		}
	}
}

// No correct handler is flagged in any scenario.
func TestCorrectAreNotFlagged(t *testing.T) {
	for _, s := range All() {
		struck := false
		for _, e := range zoo.Handlers() {
			if !e.Correct() {
				continue
			}
			for seed := range uint64(fewer) {
				r, err := Try(t.Context(), e, s, seed)
				if err != nil {
					t.Fatal(err)
				}
				struck = struck || len(r.Idle) == 0
				if out := r.Outside(e, s.Warns); len(out) > 0 || len(r.Missing) > 0 {
					t.Errorf("%s in %s, seed %d: flagged %q, missing %q", e.Name, s.Name, seed, out, r.Missing)
					for _, f := range r.Findings {
						t.Log(f.Code, f.Message)
					}
					break
				}
			}
		}
		if !struck && s.Name != "pause-in-release" { // none of them releases with a DEL
			t.Errorf("%s happened to no correct handler", s.Name)
		}
	}
}
