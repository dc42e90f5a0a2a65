package report

import (
	"fmt"
	"html/template"
	"strings"

	"hookonce/dedupe/audit"
	"hookonce/replay/redact"
)

// view is what the page's template is given: text that was made fit to be seen, and never markup, but for the
// page's own.
type view struct {
	Policy                      template.HTMLAttr
	CSS                         template.CSS
	JS                          template.JS
	Word, Class, Headline       string
	Target, Tool, Started, Seed string
	Command                     string
	Missing, Notes, Unfired     []string
	Baseline                    []string
	Worst                       *findingView
	WorstTitle                  string
	Tiles                       []tile
	Facts                       []factView
	Groups                      []groupView
	Findings                    int
	Explanation                 *explanationView
	Events                      eventsView
	Charts                      []chart
	Checks                      []checkView
	Types                       []typeView
}

// tile is a figure that stands out; Path says where the JSON report has it.
type tile struct {
	Name, Path, Value, Rest, Class string
	Bars                           []segment
}

// segment is a part of a bar.
type segment struct {
	Class, From, Width string
}

type factView struct{ Label, Text string }

type checkView struct {
	Name, Status, Class, Reason string
	Findings, Judged            int
}

type typeView struct {
	Type, Judgement, Reason, Latency, Lag string
	Events, Effects                       int
}

func newView(r Report) view {
	word, _ := r.word()
	v := view{
		Policy: policy(), CSS: template.CSS(pageCSS), JS: template.JS(pageJS), //nolint:gosec // our own files
		Word: word, Class: r.class(), Headline: show(r.headline()), Target: show(r.address()), Tool: redact.Screen(r.Tool, 40),
		Started: r.Started.Format("2006-01-02 15:04:05 UTC"), Seed: fmt.Sprint(r.Seed), Command: redact.Screen(r.Command, 2*maxLine),
		Missing: few(r.missingOrLacking()), Baseline: few(r.baselineLines()), Notes: few(r.Notes), Unfired: few(r.unfired()), Tiles: r.tiles(), Facts: r.factLines(),
		Findings: len(r.Findings), Explanation: r.Explanation.view(), Events: r.viewEvents(), Charts: r.charts(),
	}
	if groups := r.groups(); len(groups) > 0 {
		worst := groups[0].findings[0].view()
		v.Worst, v.WorstTitle = &worst, redact.Screen(groups[0].title(), 80)
	}
	for _, c := range r.Checks {
		v.Checks = append(v.Checks, checkView{redact.Screen(c.Name, 80), redact.Screen(string(c.Status), 40), statusClass(c.Status), show(c.Reason), c.Findings, c.Judged})
	}
	for _, t := range r.Types {
		v.Types = append(v.Types, typeView{redact.Screen(t.Type, 200), redact.Screen(t.Judgement, 40), show(t.Reason), t.Latency.text(), t.Lag.text(), t.Events, t.Effects})
	}
	return v
}

// show makes text from outside fit for the page: what cannot be seen is escaped, what is long is cut.
func show(s string) string { return redact.Screen(s, 600) }

// few keeps a list of texts to a number that people read.
func few(in []string) []string {
	const most = 40
	out := each(in[:min(most, len(in))], show)
	if left := len(in) - most; left > 0 {
		out = append(out, fmt.Sprintf("and %d more", left))
	}
	return out
}

func statusClass(s audit.Status) string {
	switch s {
	case audit.Pass:
		return "good"
	case audit.Fail:
		return "bad"
	case audit.NotRequested:
		return "quiet"
	}
	return "warn"
}

// class colours the verdict.
func (r Report) class() string {
	if r.excused() {
		return "warn"
	}
	return statusClass(r.Outcome())
}

// missingOrLacking is what the outcome lacks, or else what the run did.
func (r Report) missingOrLacking() []string {
	if missing := r.lacking(); len(missing) > 0 {
		return missing
	}
	return r.Missing
}

func (r Report) factLines() []factView {
	out := []factView{
		{"tested", r.testedLine()}, {"races", strings.Join(r.raceItems(), "; ")}, {"faults", strings.Join(r.faultItems(), ", ")},
		{"memory", show(r.Memory.text())}, {"late duplicates", show(r.Late.Statement)}, {"effects", strings.Join(r.sourceItems(), ", ")}, {"waits", r.Time.Statement},
	}
	if items := r.baselineItems(); items != nil {
		out = append(out, factView{"baseline", strings.Join(items, ", ")})
	}
	return out
}

// tiles are the figures to look at first.
func (r Report) tiles() []tile {
	s := r.Stats
	out := []tile{scoreTile("events right", "score", r.Score)}
	if r.Reference != nil {
		out = append(out, scoreTile(redact.Screen(r.Reference.Name, 20)+" reference", "reference.score", r.Reference.Score))
	}
	races := tile{Name: "races overlapped", Path: "stats.races_overlapped", Value: fmt.Sprint(s.Overlapped), Rest: fmt.Sprintf("of %d", s.Races)}
	if s.Overlapped > 0 {
		races.Rest += ", median spread " + s.Spread.text()
	} else if s.Races > 0 {
		races.Rest, races.Class = races.Rest+": they prove nothing", "warn"
	}
	return append(out, races, tile{Name: "deliveries sent", Path: "stats.attempts", Value: fmt.Sprint(s.Attempts),
		Rest: fmt.Sprintf("of %d planned at most, in %s", s.Deliveries, s.Elapsed.text())})
}

func scoreTile(name, path string, s Score) tile {
	t := tile{Name: name, Path: path + ".right", Value: fmt.Sprint(s.Right), Rest: fmt.Sprintf("of %d", s.Right+s.Wrong+s.Undecided)}
	if s.Undecided > 0 {
		t.Rest += fmt.Sprintf(", %d undecided", s.Undecided)
	}
	if s.Wrong > 0 {
		t.Rest += fmt.Sprintf(", %d wrong", s.Wrong)
	}
	total, at := max(1, s.Right+s.Wrong+s.Undecided), 0
	for _, part := range []struct {
		n     int
		class string
	}{{s.Right, "good"}, {s.Wrong, "bad"}, {s.Undecided, "quiet"}} {
		if part.n > 0 {
			t.Bars = append(t.Bars, segment{part.class, percent(at * pageColumns / total), percent(max(4, part.n*pageColumns/total))})
			at += part.n
		}
	}
	return t
}
