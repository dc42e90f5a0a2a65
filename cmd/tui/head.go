package tui

import (
	"fmt"
	"strings"
	"time"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
)

// head is the top of the screen: the verdict in words, what it is about, and how far the run is.
func (m *Model) head() []report.Line {
	badge, ink := m.badge()
	lines := m.headline(badge, ink)
	if m.live() {
		lines = append(lines, m.progressLine())
	}
	return append(lines, m.aboutLine())
}

func (m *Model) badge() (string, report.Ink) {
	switch v := m.state.report.Verdict; {
	case m.state.result.Err != nil:
		return " NOT RUN ", inkFail
	case m.live() && m.stopping:
		return " STOPPING ", inkUnsure
	case m.live():
		return " RUNNING ", inkLive
	case v == audit.Pass:
		return " PASS ", inkPass
	case v == audit.Fail:
		return " FAIL ", inkFail
	}
	return " INCONCLUSIVE ", inkUnsure
}

// headlineLines is how many lines the verdict in words may take.
const headlineLines = 2

func (m *Model) headline(badge string, ink report.Ink) []report.Line {
	indent := report.Cells(badge) + 2
	words := m.words()
	if m.run != nil && m.run.Title != "" {
		words = m.run.Title + ": " + words
	}
	wrapped := report.Wrap(words, max(10, m.width-indent-1))
	if len(wrapped) > headlineLines {
		wrapped[headlineLines-1] += " …"
		wrapped = wrapped[:headlineLines]
	}
	var lines []report.Line
	for i, w := range wrapped {
		if i == 0 {
			lines = append(lines, report.Line{{Text: badge, Ink: ink}, {Text: "  " + w, Ink: report.InkBold}})
			continue
		}
		lines = append(lines, text(pad("", indent)+w, report.InkBold))
	}
	return lines
}

func (m *Model) words() string {
	switch r, err := m.state.report, m.state.result.Err; {
	case err != nil:
		return "it could not be carried out: " + visible(err.Error(), 400)
	case !m.live() && r.Verdict == audit.Inconclusive && len(r.Missing) > 0:
		return m.state.headline + ": " + visible(r.Missing[0], 300)
	case !m.live():
		return m.state.headline
	case m.held():
		return "u releases them"
	case r.Stats.Violations > 0:
		return m.tally.doing() + ": " + m.state.headline + " so far"
	}
	return m.tally.doing() + ": nothing wrong so far"
}

// progressLine tells how far a run is: a bar and counts.
func (m *Model) progressLine() report.Line {
	t := &m.tally
	share := 0.0
	if t.planned > 0 {
		share = float64(t.settled) / float64(t.planned)
	}
	barCells := min(40, max(10, m.width-60))
	full := int(share * float64(barCells))
	counts := fmt.Sprintf("%d sent · %d acked · %s · %d/s", t.sent, t.acked, report.Count(t.effects, "effect"), rate(m.journal.Target.Attempts, m.elapsed()))
	return report.Line{{Text: " "}, {Text: strings.Repeat("█", full), Ink: report.InkCyan},
		{Text: strings.Repeat("░", barCells-full), Ink: report.InkDim}, {Text: fmt.Sprintf(" %3.0f %%  ", 100*share), Ink: report.InkBold},
		{Text: counts}}
}

// aboutLine says what the verdict rests on.
func (m *Model) aboutLine() report.Line {
	r := m.state.report
	if r.Schema == "" || r.Started.IsZero() && r.Target == "" {
		return nil
	}
	var parts []string
	if !m.live() {
		right := "right: target " + r.Score.String()
		if r.Reference != nil {
			right += fmt.Sprintf(", %s reference %s", visible(r.Reference.Name, 20), r.Reference.Score)
		}
		parts = append(parts, right, fmt.Sprintf("%d of %s sent in %s", r.Stats.Attempts, report.Count(r.Stats.Deliveries, "delivery"),
			report.Duration(time.Duration(r.Stats.Elapsed))))
	}
	return text(" "+strings.Join(append(parts, fmt.Sprintf("seed %d", r.Seed), visible(r.Target, 120)), " · "), report.InkDim)
}

// elapsed is the time since the run's base.
func (m *Model) elapsed() time.Duration { return m.now().Sub(m.journal.Target.Header.Started) }
