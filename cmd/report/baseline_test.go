package report

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"hookonce/dedupe/audit"
)

func without(b Baseline, code string) Baseline {
	b.Known = slices.DeleteFunc(slices.Clone(b.Known), func(k Known) bool { return k.Code == code })
	return b
}

func TestBaselineOutcome(t *testing.T) {
	all := NewBaseline(failing().report())
	undecided := func() Report {
		r := failing().report()
		r.Checks = slices.Clone(r.Checks)
		r.Checks[slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == "stuck" })].Status = audit.Inconclusive
		return r
	}
	missing := func() Report { r := failing().report(); r.Missing = []string{"the source was lost"}; return r }
	for _, c := range []struct {
		name     string
		report   Report
		baseline Baseline
		want     audit.Status
		word     string
	}{
		{"all known", failing().report(), all, audit.Pass, "KNOWN"},
		{"one new", failing().report(), without(all, "lost-event"), audit.Fail, "FAIL"},
		{"nothing known", failing().report(), Baseline{}, audit.Fail, "FAIL"},
		{"known, and a check undecided", undecided(), all, audit.Inconclusive, "INCONCLUSIVE"},
		{"known, and something missing", missing(), all, audit.Inconclusive, "INCONCLUSIVE"},
		{"new, and a check undecided", undecided(), without(all, "lost-event"), audit.Fail, "FAIL"},
		{"inconclusive", inconclusive().report(), all, audit.Inconclusive, "INCONCLUSIVE"},
		{"pass", passing().report(), all, audit.Pass, "PASS"},
	} {
		r := c.baseline.Apply(c.report, "known.json")
		if word, _ := r.word(); r.Outcome() != c.want || word != c.word || r.Verdict != c.report.Verdict {
			t.Errorf("%s: %s %s, want %s %s (verdict %s)", c.name, word, r.Outcome(), c.word, c.want, r.Verdict)
		}
		junit := parseJUnit(t, render(t, JUnit, r))
		if red := junit.Failures+junit.Errors > 0; red != (c.want != audit.Pass) {
			t.Errorf("%s: JUnit has %d failures and %d errors", c.name, junit.Failures, junit.Errors)
		}
		if red := strings.Contains(render(t, GitHub, r), "::error "); red != (c.want != audit.Pass) {
			t.Errorf("%s: annotations with errors: %v", c.name, red)
		}
	}
}

func TestBaselineTellsNewFixedAndUnseen(t *testing.T) {
	b := without(NewBaseline(failing().report()), "lost-event")
	b.Known = append(b.Known, Known{Code: "stuck", Type: "invoice.paid"}, Known{Code: "stuck", Type: "payout.paid"}, Known{Code: "regress", Type: "invoice.paid"})
	c := b.Apply(failing().report(), "x").Baseline
	names := func(ks []Known) string { return strings.Join(each(ks, Known.String), "; ") }
	if got := names(c.New); got != "lost-event: charge.succeeded" {
		t.Errorf("new: %s", got)
	}
	if got := names(c.Fixed); got != "stuck: invoice.paid" {
		t.Errorf("fixed: %s", got)
	}
	// No payout was sent, and regress was not decided.
	if got := names(c.Unseen); got != "stuck: payout.paid; regress: invoice.paid" {
		t.Errorf("unseen: %s", got)
	}
	cut := failing().report()
	cut.Complete = false
	if c := b.Apply(cut, "x").Baseline; len(c.Fixed) != 0 || len(c.Unseen) != 3 {
		t.Errorf("a run cut short fixed %v", c.Fixed)
	}
}

// The identity of a violation survives another seed: other ids, deliveries, faults, gates, fixtures' names.
func TestBaselineSurvivesAnotherSeed(t *testing.T) {
	b := NewBaseline(failing().report())
	r := failing().report()
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Event, f.Subject, f.Fault, f.Fixture, f.Deliveries, f.Message = "evt_other", "sub_other", "retry", "elsewhere.json", []int{99}, "told otherwise"
		f.Effects++
	}
	if c := b.Apply(r, "x").Baseline; c.Verdict != audit.Pass || len(c.New) != 0 {
		t.Errorf("%s, new: %v", c.Verdict, c.New)
	}
	r.Findings[0].Cause = audit.Reexecution // another mistake, with another remedy
	if c := b.Apply(r, "x").Baseline; c.Verdict != audit.Fail {
		t.Errorf("another cause: %s", c.Verdict)
	}
	r = failing().report()
	r.Findings[0].Type = "charge.refunded"
	if c := b.Apply(r, "x").Baseline; c.Verdict != audit.Fail {
		t.Errorf("another type: %s", c.Verdict)
	}
}

func TestBaselineReadsBack(t *testing.T) {
	want := NewBaseline(failing().report())
	for _, k := range want.Known {
		if k.Code == "noisy-duplicate" {
			t.Error("a warning needs no baseline")
		}
	}
	var b bytes.Buffer
	if err := want.Write(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "fail.baseline.json", b.String())
	for name, in := range map[string]string{"baseline": b.String(), "report": render(t, JSON, failing().report())} {
		got, err := ReadBaseline(strings.NewReader(in))
		if err != nil || !slices.Equal(got.Known, want.Known) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	noted := want
	noted.Known = slices.Clone(want.Known)
	noted.Known[0].Note = "until March"
	if got := noted.Join(want); got.Known[0].Note != "until March" || len(got.Known) != len(want.Known) {
		t.Errorf("joined: %v", got)
	}
	for in, want := range map[string]string{
		"":                              "not JSON",
		"{}":                            "schema",
		`{"schema":"hookonce.plan/v1"}`: "schema",
		`{"schema":"hookonce.baseline/v1","known":[{"code":"\u001btypo"}]}`: `no code "\x1btypo"`,
	} {
		if _, err := ReadBaseline(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}

// A baseline never turns what is not proven into a pass, and never takes a new violation for a known one.
func TestBaselineHidesNothing(t *testing.T) {
	base := failing().report()
	violations := NewBaseline(base)
	rapid.Check(t, func(t *rapid.T) {
		r := base
		r.Verdict = rapid.SampledFrom([]audit.Status{audit.Pass, audit.Fail, audit.Inconclusive}).Draw(t, "verdict")
		r.Findings = rapid.SliceOfDistinct(rapid.SampledFrom(base.Findings), func(f Finding) string { return f.Event + f.Code }).Draw(t, "findings")
		known := Baseline{Known: rapid.SliceOfDistinct(rapid.SampledFrom(violations.Known), func(k Known) string { return k.String() }).Draw(t, "known")}
		got := known.Apply(r, "x").Outcome()
		fresh := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Severity == audit.Violation && !known.has(f.known()) })
		switch {
		case r.Verdict == audit.Inconclusive && got != audit.Inconclusive,
			r.Verdict == audit.Fail && fresh && got != audit.Fail,
			r.Verdict == audit.Pass && got != audit.Pass:
			t.Fatalf("%s became %s, new: %v", r.Verdict, got, fresh)
		}
	})
}

func TestFormatsWithABaseline(t *testing.T) {
	r := without(NewBaseline(failing().report()), "lost-event").Apply(failing().report(), "known.json")
	r.Baseline.Fixed = []Known{{Code: "stuck", Type: "invoice.paid"}}
	golden(t, "baseline.txt", render(t, Text(Style{}), r))
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(render(t, JSON, r)))
	if err == nil {
		err = compile(t).Validate(doc)
	}
	if err != nil {
		t.Error(err)
	}
	var back Report
	if err := json.Unmarshal([]byte(render(t, JSON, r)), &back); err != nil || back.Baseline == nil || !back.Findings[0].Known {
		t.Errorf("%v %+v", err, back.Baseline)
	}
	for name, f := range map[string]Format{"markdown": Markdown, "html": HTML, "github": GitHub, "text": Text(Style{})} {
		if out := render(t, f, r); !strings.Contains(out, "1 new") || !strings.Contains(out, "is known and was not found") {
			t.Errorf("%s does not tell of the baseline", name)
		}
	}
}
