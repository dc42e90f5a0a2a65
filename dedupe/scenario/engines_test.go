package scenario

import (
	"slices"
	"testing"

	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
)

// Every handler gets the same judgement whatever its locks are kept in: a Redis in the process with its
// scripts, or plain Go. A correct one is put to the slow failure, which takes it through claim, heartbeat and release.
func TestEnginesAgree(t *testing.T) {
	for _, e := range zoo.Handlers() {
		name := e.Scenario
		if e.Correct() {
			name = "slow-then-fails"
		}
		s, ok := Find(name)
		if !ok {
			t.Fatalf("%s: no scenario %q", e.Name, name)
		}
		var first Result
		for i, engine := range []string{simulate.EngineModel, simulate.EngineEmbedded} {
			o := s.Options(1)
			o.Engine = engine
			r, err := Judge(t.Context(), e, s.Plan(), o)
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(r.Codes)
			if i == 0 {
				first = r
			}
			if r.Verdict != first.Verdict || !slices.Equal(r.Codes, first.Codes) || r.Deliveries != first.Deliveries || len(r.Idle) != len(first.Idle) {
				t.Errorf("%s in %s: %s says %v %q, %s says %v %q", e.Name, name, simulate.EngineModel, first.Verdict, first.Codes, engine, r.Verdict, r.Codes)
			}
		}
	}
}
