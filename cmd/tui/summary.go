package tui

import (
	"fmt"

	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
)

// overall is the fifth view: the run as a whole.
func (m *Model) overall(width int) []report.Line {
	r := m.state.report
	var lines []report.Line
	for _, k := range m.state.kinds {
		sign, ink := "·", report.InkDim
		switch audit.Severity(k.Severity) {
		case audit.Violation:
			sign, ink = "✗", report.InkRed
		case audit.Warning:
			sign, ink = "!", report.InkYellow
		}
		lines = append(lines, report.Line{{Text: sign, Ink: ink}, {Text: fmt.Sprintf("%6d ", len(k.Findings)), Ink: report.InkBold},
			{Text: pad(k.Title, 32), Ink: ink}, {Text: k.Findings[0].About()}})
	}
	if len(lines) > 0 {
		lines = append(lines, nil)
	}
	for _, s := range r.Missing {
		lines = append(lines, labelled("missing", s, report.InkYellow, width)...)
	}
	for _, s := range r.Tested() {
		lines = append(lines, labelled(s.Label, s.Text, report.InkPlain, width)...)
	}
	lines = append(lines, nil)
	for _, c := range r.Checks {
		lines = append(lines, checkLines(c, width)...)
	}
	for _, n := range r.Notes {
		lines = append(lines, labelled("note", n, report.InkPlain, width)...)
	}
	lines = append(lines, labelled("again", r.Command, report.InkCyan, width)...)
	return append(lines, labelled("journal", m.state.result.Path, report.InkPlain, width)...)
}

func checkLines(c report.Check, width int) []report.Line {
	ink := report.InkDim
	switch c.Status {
	case audit.Pass:
		ink = report.InkGreen
	case audit.Fail:
		ink = report.InkRed
	case audit.Warn, audit.Inconclusive:
		ink = report.InkYellow
	}
	line := report.Line{{Text: pad("check", 11), Ink: inkTitle}, {Text: pad(visible(c.Name, 40), 18)}, {Text: pad(string(c.Status), 14), Ink: ink},
		{Text: fmt.Sprintf("%d judged, %s", c.Judged, report.Count(c.Findings, "finding")), Ink: report.InkDim}}
	if c.Reason == "" || c.Status == audit.Pass {
		return []report.Line{line}
	}
	return append([]report.Line{line}, labelled("", c.Reason, report.InkDim, width)...)
}
