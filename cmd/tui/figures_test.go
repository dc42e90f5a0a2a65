package tui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"hookonce/cmd/report"
)

// asJSON is the sample's report as the json format gives it.
func asJSON(t *testing.T, res Result) report.Report {
	t.Helper()
	var b bytes.Buffer
	if err := report.JSON(&b, res.report()); err != nil {
		t.Fatal(err)
	}
	var r report.Report
	if err := json.Unmarshal(b.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// Every figure of the table is that of the JSON report, for every event.
func TestTableFiguresAreTheReports(t *testing.T) {
	res := judgedSample(t)
	m := screen(Options{Recorded: &res}, 160, 48)
	r := asJSON(t, res)
	if len(r.Events) < 50 {
		t.Fatalf("the report has only %d events", len(r.Events))
	}
	for _, e := range r.Events {
		m.table.filter = e.Key
		m.table.load(m.state)
		m.stale = true
		line := lineWith(t, m.View(), "▌")
		fields := strings.Fields(line)
		got := strings.Join(fields[len(fields)-5:], " ")
		want := fmt.Sprintf("%d %d %d %d %d", e.Deliveries, e.Acked, e.Effects, e.Expected, *e.ReferenceEffects)
		if got != want {
			t.Errorf("%s: the screen shows %s, the report %s", e.Key, got, want)
		}
		if verdict := worst(r, e); !strings.Contains(line, verdict) {
			t.Errorf("%s: the screen shows %q, not %s", e.Key, line, verdict)
		}
	}
}

func worst(r report.Report, e report.Event) string {
	found := ""
	for _, f := range r.Findings {
		if f.Event == e.Key && (found == "" || f.Severity == "violation" && e.Judgement == f.Code) {
			found = f.Code
		}
	}
	if e.Deliveries == 0 {
		return "not sent"
	}
	if found != "" {
		return found
	}
	return e.Judgement
}

func lineWith(t *testing.T, frame, mark string) string {
	t.Helper()
	for l := range strings.SplitSeq(frame, "\n") {
		if strings.Contains(l, mark) {
			return l
		}
	}
	t.Fatalf("no line with %s in\n%s", mark, frame)
	return ""
}

// Head, charts and the view of the run say what the JSON report says.
func TestOtherFiguresAreTheReports(t *testing.T) {
	res := judgedSample(t)
	r := asJSON(t, res)
	us := func(d report.Micros) string { return report.Duration(time.Duration(d).Truncate(time.Microsecond)) }
	wants := map[string][]string{
		"1": {
			fmt.Sprintf("right: target %d of %d events", r.Score.Right, r.Score.Right+r.Score.Wrong),
			fmt.Sprintf("reference %d of %d events", r.Reference.Score.Right, r.Reference.Score.Right+r.Reference.Score.Wrong),
			fmt.Sprintf("%d of %d deliveries sent in %s", r.Stats.Attempts, r.Stats.Deliveries, us(r.Stats.Elapsed)),
			fmt.Sprintf("seed %d", r.Seed), fmt.Sprintf("%d events", len(r.Events)), fmt.Sprintf("%d wrong", r.Score.Wrong),
		},
		"4": {fmt.Sprintf("%d of %d races overlapped, median spread %s", r.Stats.Overlapped, r.Stats.Races, us(r.Stats.Spread))},
	}
	for _, l := range r.Latency {
		// The whole of a row's figures, so that none can stand in another's place.
		wants["4"] = append(wants["4"], fmt.Sprintf("%7d%9s%9s%9s", l.Answers, us(l.P50), us(l.P99), us(l.Max)))
	}
	sent, effects := 0, 0
	for _, x := range r.Activity {
		sent, effects = sent+x.Attempts, effects+x.Effects
	}
	wants["4"] = append(wants["4"], fmt.Sprintf("%d attempts", sent), fmt.Sprintf("%d effects", effects))
	for _, c := range r.Checks {
		wants["5"] = append(wants["5"], fmt.Sprintf("%d judged, ", c.Judged))
	}
	for key, list := range wants {
		m := screen(Options{Recorded: &res}, 220, 120)
		press(m, key)
		for _, want := range list {
			if frame := m.View(); !strings.Contains(frame, want) {
				t.Errorf("view %s lacks %q:\n%s", key, want, frame)
			}
		}
	}
}

// What a finding says on the screen are its own words.
func TestStoriesAreTheFindings(t *testing.T) {
	res := judgedSample(t)
	m := screen(Options{Recorded: &res}, 220, 90)
	for _, f := range asJSON(t, res).Findings {
		m.table.filter = f.Event
		m.table.load(m.state)
		m.stale = true
		frame := m.View()
		for _, want := range []string{f.Message, f.Code, f.Advice[:40], f.Reproduce} {
			if !strings.Contains(frame, want) {
				t.Errorf("%s of %s: no %q", f.Code, f.Event, want)
			}
		}
	}
}

// While a run goes on the head counts what was recorded.
func TestLiveFigures(t *testing.T) {
	for _, n := range []int{1, 20, 77, 156} {
		m := liveAt(t, 160, 48, "", n)
		acked := 0
		for _, a := range m.journal.Target.Attempts {
			if a.Outcome == "acked" {
				acked++
			}
		}
		if want := fmt.Sprintf("%d sent · %d acked", n, acked); !strings.Contains(m.View(), want) {
			t.Errorf("after %d attempts there is no %q:\n%s", n, want, m.View())
		}
		if got := m.state.report.Stats.Attempts; got != n {
			t.Errorf("after %d attempts the report so far has %d", n, got)
		}
	}
}
