package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func TestLookup(t *testing.T) {
	for _, f := range Formats() {
		if got, err := Lookup(f.Name, Style{}); got == nil || err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
	_, err := Lookup("ya\x1bml", Style{})
	if err == nil || err.Error() != `format "ya\x1bml": unknown, use one of text, json, junit, markdown, html, github` {
		t.Errorf("got %v", err)
	}
}

type brokenWriter struct{}

var errBroken = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrorsAreReported(t *testing.T) {
	for _, f := range Formats() {
		if err := f.With(Style{})(brokenWriter{}, failing().report()); !errors.Is(err, errBroken) {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestJSONReadsBack(t *testing.T) {
	for _, s := range samples() {
		if s.name == "hostile" { // invalid UTF-8 is not kept
			continue
		}
		want := s.report()
		var got Report
		if err := json.Unmarshal([]byte(render(t, JSON, want)), &got); err != nil {
			t.Fatal(err)
		}
		if a, b := render(t, JSON, got), render(t, JSON, want); a != b {
			t.Errorf("%s: reading back changes the report", s.name)
		}
	}
}

// Every format is made from the report alone; this holds the figures they show together.
func TestFiguresAgree(t *testing.T) {
	for _, s := range samples() {
		r := s.report()
		junit := parseJUnit(t, render(t, JUnit, r))
		var doc Report
		if err := json.Unmarshal([]byte(render(t, JSON, r)), &doc); err != nil {
			t.Fatal(err)
		}
		text, markdown := render(t, Text(Style{PerGroup: -1}), r), render(t, Markdown, r)
		equal(t, s.name+" events", len(junit.Suites[1].Cases), len(doc.Events))
		equal(t, s.name+" checks", len(junit.Suites[0].Cases), len(doc.Checks))
		equal(t, s.name+" findings as text", strings.Count(text, "\n── "), len(doc.Findings))
		equal(t, s.name+" findings as markdown", strings.Count(markdown, "<details"), len(doc.Findings))
		equal(t, s.name+" findings by severity", doc.Stats.Violations+doc.Stats.Warnings+doc.Stats.Hints, len(doc.Findings))
		equal(t, s.name+" events by score", doc.Score.Right+doc.Score.Wrong+doc.Score.Undecided, doc.Stats.Events)
		ref := doc.Reference.Score
		equal(t, s.name+" reference events", ref.Right+ref.Wrong+ref.Undecided, doc.Stats.Events)
		for _, figure := range []string{r.testedLine(), r.raceItems()[0]} {
			if !strings.Contains(text, clip(figure, headWidth-indent-labelWidth-3)) && s.name != "hostile" {
				t.Errorf("%s: text lacks %q", s.name, figure)
			}
			if !strings.Contains(markdown, escapeMarkdown(figure, maxLine)) {
				t.Errorf("%s: markdown lacks %q", s.name, figure)
			}
		}
	}
}

func equal(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

func TestJUnitColours(t *testing.T) {
	failed := parseJUnit(t, render(t, JUnit, failing().report()))
	// four checks, and five doubled, one lost, one stale and one late event
	if failed.Failures != 4+8 || failed.Errors != 0 {
		t.Errorf("fail: %d failures, %d errors", failed.Failures, failed.Errors)
	}
	open := parseJUnit(t, render(t, JUnit, inconclusive().report()))
	if open.Errors != 2 || open.Failures != 0 || skipped(open) != 4+6 {
		t.Errorf("inconclusive: %d errors, %d failures, %d skipped", open.Errors, open.Failures, skipped(open))
	}
	green := parseJUnit(t, render(t, JUnit, passing().report()))
	if green.Errors+green.Failures+skipped(green) != 0 {
		t.Errorf("pass: %+v", green)
	}
}

func skipped(s junitSuites) int { return s.Suites[0].Skipped + s.Suites[1].Skipped }

func TestJUnitIsNeverGreenUnlessPassed(t *testing.T) {
	for _, v := range []audit.Status{audit.Inconclusive, audit.Fail} {
		s := passing()
		s.verdict.Verdict, s.verdict.Missing = v, []string{"the journal is cut short"}
		out := parseJUnit(t, render(t, JUnit, s.report()))
		if out.Errors+out.Failures != 1 {
			t.Errorf("%s without a check that shows it: %d errors, %d failures", v, out.Errors, out.Failures)
		}
	}
}

func TestJUnitSummarisesQuietEvents(t *testing.T) {
	s := failing()
	found := len(s.verdict.Events)
	for i := range maxQuiet + 500 {
		s.verdict.Events = append(s.verdict.Events, audit.EventRow{Key: fmt.Sprint("evt_", i), Type: "invoice.paid", Judgement: "ok"})
	}
	cases := parseJUnit(t, render(t, JUnit, s.report())).Suites[1].Cases
	eventful := 9 // with findings, warnings among them
	equal(t, "cases", len(cases), eventful+maxQuiet+1)
	last := cases[len(cases)-1]
	if want := fmt.Sprintf("%d more events", 500+found-eventful); last.Name != want {
		t.Errorf("last case %q, want %q", last.Name, want)
	}
}

func TestMarkdownIsBounded(t *testing.T) {
	s := failing()
	f := s.verdict.Findings[0]
	for i := range 1500 {
		f.Event = fmt.Sprint("evt_", i)
		s.verdict.Findings = append(s.verdict.Findings, f)
	}
	out := render(t, Markdown, s.report())
	if len(out) > maxMarkdown {
		t.Errorf("%d bytes", len(out))
	}
	blocks := strings.Count(out, "<details")
	if want := fmt.Sprintf("left out here: %d of %d.", len(s.verdict.Findings)-blocks, len(s.verdict.Findings)); !strings.Contains(out, want) {
		t.Errorf("does not say %q", want)
	}
	outsideFences(t, out)
	for name, long := range map[string]string{"quotes": strings.Repeat("<", 20_000), "escapes": strings.Repeat("\x1b", 20_000)} {
		h := hostile(long)
		for range 100 {
			h.verdict.Missing, h.verdict.Notes = append(h.verdict.Missing, long), append(h.verdict.Notes, long)
		}
		if out := render(t, Markdown, h.report()); len(out) > maxMarkdown {
			t.Errorf("%s: %d bytes", name, len(out))
		}
	}
}

func TestPerGroup(t *testing.T) {
	r := failing().report() // five findings of one group, four groups of one
	for most, want := range map[int]int{0: 3 + 4, 1: 1 + 4, 4: 4 + 4, -1: 5 + 4} {
		out := render(t, Text(Style{PerGroup: most}), r)
		equal(t, fmt.Sprintf("blocks with %d a group", most), strings.Count(out, "\n── "), want)
		if most == 1 && !strings.Contains(out, "4 more ") {
			t.Error("the rest is not counted")
		}
	}
}

func TestReportChangesWithOneEffect(t *testing.T) {
	before := render(t, JSON, failing().report())
	s := failing()
	s.journal.Reference.Effects[10].Count++ // not of the control phase
	if r := s.report(); render(t, JSON, r) == before || r.Reference.Score.Wrong != 1 {
		t.Errorf("the reference did one event twice: %+v", r.Reference.Score)
	}
	s = failing()
	s.verdict.Events[0].Effects++
	if render(t, JSON, s.report()) == before {
		t.Error("the target's effects do not matter")
	}
}

func TestCutShortJournal(t *testing.T) {
	s := failing()
	s.journal.Target.Complete, s.journal.Target.Stats = false, replay.Stats{}
	r := s.report()
	equal(t, "attempts", r.Stats.Attempts, len(s.journal.Target.Attempts))
	if out := render(t, Text(Style{}), r); !strings.Contains(out, "cut short") {
		t.Error("text does not say so")
	}
}

func TestEvidenceFallsBackToTheJournal(t *testing.T) {
	s := failing()
	last := len(s.verdict.Findings) - 2 // the noisy duplicate names its deliveries only
	if got := s.report().Findings[last].Evidence.Attempts; len(got) != 2 || got[1].Status != 409 || got[1].Role != replay.RoleDuplicate {
		t.Errorf("got %+v", got)
	}
}

func TestLateSaysWhatWasTested(t *testing.T) {
	late := func(planned, set, moved bool, tested time.Duration) string {
		h := replay.History{Header: replay.Header{ClockMoved: moved}}
		if set {
			h.Plan.Settings.Late = []time.Duration{70 * time.Second}
		}
		if planned {
			h.Plan.Deliveries = []replay.Delivery{{N: 1, Role: replay.RoleFirst}, {N: 2, Role: replay.RoleLate, Wait: 70 * time.Second}}
		}
		return newLate(h, tested).Statement
	}
	for _, c := range []struct{ got, want string }{
		{late(false, false, false, 0), "not tested: --late 70s"},
		{late(false, true, false, 0), "not tested: no late duplicate is in the plan"},
		{late(true, true, false, 0), "not tested: one after 1 min 10 s was planned and did not take place"},
		{late(true, true, false, 70*time.Second), "tested up to an age of 1 min 10 s"},
		{late(true, true, true, 70*time.Second), "tested up to an age of 1 min 10 s, by moving the endpoint's clock"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(24, 70).Draw(t, "width")
		moment := rapid.Custom(func(t *rapid.T) Micros { return Micros(rapid.Int64Range(0, int64(100*time.Hour)).Draw(t, "at")) })
		var spans []stretch
		var all []Micros
		for range rapid.IntRange(1, 9).Draw(t, "spans") {
			from := moment.Draw(t, "from")
			to := from + Micros(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "length"))
			spans, all = append(spans, stretch{from: from, to: to}), append(all, from, to, moment.Draw(t, "any"))
		}
		a := newAxis(spans, width, terminalGrain())
		for _, x := range all {
			for _, y := range all {
				if cx, cy := a.column(x), a.column(y); cx < 0 || cx >= width || x <= y && cx > cy {
					t.Fatalf("%v at %d, %v at %d of %d: %+v", x, cx, y, cy, width, a)
				}
			}
		}
		end := a.parts[len(a.parts)-1]
		if end.col+end.cells > width {
			t.Fatalf("%d columns of %d", end.col+end.cells, width)
		}
	})
}

func TestSpan(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 ms": 0, "400 ns": 400, "38 µs": 38 * time.Microsecond, "1.5 ms": 1500 * time.Microsecond, "203 ms": 203400 * time.Microsecond,
		"1000 ms": 999_900 * time.Microsecond, "9.03 s": 9026 * time.Millisecond, "1 min 10 s": 70 * time.Second, "3 h": 3 * time.Hour,
		"25 h": 25 * time.Hour, "3 d": 72 * time.Hour, "-5 ms": -5 * time.Millisecond,
	} {
		if got := span(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
}

func TestListsAreNeverNull(t *testing.T) {
	r := New(replay.Journal{}, audit.Verdict{Verdict: audit.Inconclusive})
	v := reflect.ValueOf(r)
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Slice && f.IsNil() {
			t.Errorf("%s is nil", v.Type().Field(i).Name)
		}
	}
	for _, f := range Formats() {
		render(t, f.With(Style{}), r)
	}
}

// What stands nowhere else in the text is never cut off: the reference's score, the bound of the races, and what the endpoint remembers.
func TestHeadTellsWhatStandsNowhereElse(t *testing.T) {
	r := failing().report()
	r.Score = Score{Right: 1152}
	r.Reference = &Reference{Name: "hardened", Score: Score{Right: 1100, Undecided: 52}}
	r.Transport, r.Stats.Races, r.Stats.Overlapped, r.Stats.RateBound, r.Stats.Confidence = "mixed", 1000, 990, 1./64, 95
	for i := range r.Races {
		r.Races[i].Replicas = 2
	}
	text := strings.Join(strings.Fields(render(t, Text(Style{}), r)), " ")
	for _, want := range []string{"hardened reference 1100 of 1100 events (52 undecided)", "at most 1 of 64 races, at 95 %", r.Memory.Statement} {
		if !strings.Contains(text, want) {
			t.Errorf("cut off: %s\n%s", want, text)
		}
	}
}
