package tui

import (
	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
)

// story is the first view of an event: what happened, its picture, what to do, and how to see it again.
func (m *Model) story(r *row, width int) []report.Line {
	if len(r.findings) == 0 {
		return m.uneventful(r, width)
	}
	var lines []report.Line
	for i, n := range r.findings {
		f := m.state.report.Findings[n]
		if i > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, m.finding(f, r, width, i == 0)...)
	}
	return lines
}

func (m *Model) finding(f report.Finding, r *row, width int, first bool) []report.Line {
	ink := report.InkYellow
	if f.Severity == audit.Violation {
		ink = report.InkRedBold
	}
	lines := paragraph(f.Message, ink, width)
	if first {
		lines = append(lines, m.picture(f, r, width)...)
	}
	lines = append(lines, labelled("what", f.Code+causeOf(f), report.InkPlain, width)...)
	if why := f.Because(); why != "" {
		lines = append(lines, labelled("because", why, report.InkPlain, width)...)
		for _, l := range f.CommandLines() {
			lines = append(lines, labelled("", l, report.InkDim, width)...)
		}
	}
	lines = append(lines, labelled("do", f.Advice, report.InkPlain, width)...)
	if line := f.ReferenceLine(); line != "" && first {
		lines = append(lines, labelled("reference", line, report.InkPlain, width)...)
	}
	lines = append(lines, labelled("reproduce", f.Reproduce, report.InkCyan, width)...)
	if first {
		lines = append(lines, about(r, f.Fixture, width)...)
	}
	return lines
}

func causeOf(f report.Finding) string {
	switch f.Cause {
	case audit.Concurrent:
		return ": two attempts ran at the same time"
	case audit.AfterAck:
		return ": a later delivery did the work again"
	case audit.Reexecution:
		return ": done again after a failure whose effect had happened"
	}
	return ""
}

// picture is the swimlanes and their legend. A finding that keeps only some attempts is drawn with those.
func (m *Model) picture(f report.Finding, r *row, width int) []report.Line {
	if len(f.Evidence.Attempts) == 0 {
		f = m.state.stories.Of(r.event.Key)
	}
	lanes := report.Lanes(f, width)
	if lanes == nil {
		return nil
	}
	for _, l := range report.Legend(width - 2) {
		lanes = append(lanes, text("  "+l, report.InkDim))
	}
	return lanes
}

// uneventful tells of an event about which nothing was found.
func (m *Model) uneventful(r *row, width int) []report.Line {
	f := m.state.stories.Of(r.event.Key)
	lines := paragraph(m.summary(r), report.InkBold, width)
	lines = append(lines, m.picture(f, r, width)...)
	if f.Reproduce != "" {
		lines = append(lines, labelled("reproduce", f.Reproduce, report.InkCyan, width)...)
	}
	return append(lines, about(r, f.Fixture, width)...)
}

func (m *Model) summary(r *row) string {
	e := r.event
	counts := report.Count(e.Deliveries, "delivery") + " sent, " + report.Count(e.Acked, "acknowledgement") + ", " + report.Count(e.Effects, "effect")
	switch {
	case e.Deliveries == 0 && m.live():
		return "not sent yet"
	case e.Deliveries == 0:
		return "not sent"
	case !m.state.final:
		return counts + " so far"
	case e.Judgement == "ok":
		return counts + ": right"
	}
	return counts + ": " + e.Judgement
}

func about(r *row, fixture string, width int) []report.Line {
	lines := labelled("event", r.event.Key+", "+r.event.Type, report.InkDim, width)
	if r.event.Subject != "" {
		lines = append(lines, labelled("subject", r.event.Subject, report.InkDim, width)...)
	}
	lines = append(lines, labelled("fault", faultOf(r), report.InkDim, width)...)
	if fixture != "" {
		lines = append(lines, labelled("fixture", fixture, report.InkDim, width)...)
	}
	return lines
}

func paragraph(s string, ink report.Ink, width int) []report.Line {
	var out []report.Line
	for _, l := range report.Wrap(visible(s, 1000), width) {
		out = append(out, text(l, ink))
	}
	return out
}
