package report

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// A dense release counts as many races as it has events, and its spread as often.
func TestDenseReleasesAreCountedEventByEvent(t *testing.T) {
	r := Report{Races: []Race{{Gate: 1, Copies: 3, Overlapped: true, Spread: 9}, {Gate: 2, Copies: 100, Spread: 4, Events: 50, Met: 48}, {Gate: 3, Copies: 2, Spread: 70}}}
	r.Stats.race(r.Races, audit.Counted{})
	s := r.Stats
	if s.Races != 52 || s.Overlapped != 49 || s.Dense != 1 || s.DensePairs != 50 || s.DenseOverlapped != 48 {
		t.Errorf("counted %+v", s)
	}
	if over, not := r.spreads(true), r.spreads(false); len(over) != 49 || len(not) != 3 || median(over) != 4 || not[2] != 70 {
		t.Errorf("spreads %v and %v", over, not)
	}
	if got := r.Stats.dense(); got != " (dense: 48 of 50)" {
		t.Errorf("told as %q", got)
	}
}

func TestDenseReleasesFitTheSchema(t *testing.T) {
	s := samples()[0]
	s.verdict.Races = append(s.verdict.Races, replay.Gate{Number: 900, Copies: 100, Events: 50, Met: 48, Spread: 9})
	out := render(t, JSON, s.report())
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
	if err != nil || !strings.Contains(out, `"dense_pairs_overlapped": 48`) {
		t.Fatalf("%v: no dense release in %s", err, out)
	}
	if err := compile(t).Validate(doc); err != nil {
		t.Error(err)
	}
}
