package tui

import (
	"fmt"
	"time"

	"hookonce/cmd/report"
	"hookonce/replay"
)

// twoColumns is from which width on two things stand side by side.
const twoColumns = 110

// messages is the second view: what was sent, and what came back.
func (m *Model) messages(r *row, width int) []report.Line {
	f := m.state.stories.Of(r.event.Key)
	if width >= twoColumns {
		left := (width - 3) / 2
		return beside(m.request(r, left), m.answers(f, width-3-left), left)
	}
	return append(append(m.answers(f, width), nil), m.request(r, width)...)
}

func (m *Model) request(r *row, width int) []report.Line {
	lines := []report.Line{{{Text: "request ", Ink: inkTitle}, {Text: "POST " + visible(m.state.report.Target, 200), Ink: report.InkDim}}}
	text, known := m.state.result.Journal.Bodies[r.event.Key]
	if !known {
		return append(lines, report.Line{{Text: "its body is not at hand; the journal may have it", Ink: report.InkDim}})
	}
	return append(lines, body(text, width)...)
}

// mostAnswers is how many answers are shown.
const mostAnswers = 50

func (m *Model) answers(f report.Finding, width int) []report.Line {
	attempts := f.Evidence.Attempts
	if len(attempts) == 0 {
		return []report.Line{text("nothing was sent, so nothing came back", report.InkDim)}
	}
	var lines []report.Line
	for i, a := range attempts[:min(mostAnswers, len(attempts))] {
		if i > 0 {
			lines = append(lines, nil)
		}
		lines = append(lines, answerTitle(a))
		switch {
		case a.Error != "":
			lines = append(lines, body(a.Error, width)...)
		case a.Outcome != replay.Unknown || a.Body != "":
			lines = append(lines, body(a.Body, width)...)
		}
		if a.Truncated {
			lines = append(lines, text("… the rest was not kept", report.InkDim))
		}
	}
	if left := len(attempts) - mostAnswers; left > 0 {
		lines = append(lines, nil, text(fmt.Sprintf("and %s more", report.Count(left, "answer")), report.InkDim))
	}
	return lines
}

func answerTitle(a report.Attempt) report.Line {
	ink, what := report.InkYellow, "no answer"
	switch {
	case a.Outcome == replay.Acked:
		ink, what = report.InkGreen, fmt.Sprintf("%d", a.Status)
	case a.Status != 0:
		what = fmt.Sprintf("%d", a.Status)
	case a.HungUp:
		what = "hung up as planned"
	}
	kind := string(a.Role)
	if a.Gate != 0 {
		kind += fmt.Sprintf(", gate %d", a.Gate)
	}
	return report.Line{{Text: fmt.Sprintf("answer #%d ", a.Delivery), Ink: inkTitle}, {Text: what + " ", Ink: ink},
		{Text: visible(kind, 60) + timesOf(a), Ink: report.InkDim}}
}

// timesOf are an attempt's moments since it began; those that did not come about are left out.
func timesOf(a report.Attempt) string {
	out := ""
	for _, x := range []struct {
		what string
		at   report.Micros
	}{{"last byte", a.LastByte}, {"first byte", a.FirstByte}, {"over", a.End}} {
		if x.at != 0 {
			out += " · " + x.what + " " + report.Duration(time.Duration(x.at-a.Start))
		}
	}
	return out
}

// beside puts two columns next to each other.
func beside(left, right []report.Line, width int) []report.Line {
	lines := make([]report.Line, max(len(left), len(right)))
	for i := range lines {
		var l report.Line
		if i < len(left) {
			l = left[i]
		}
		lines[i] = append(fit(l, width), report.Span{Text: " │ ", Ink: report.InkDim})
		if i < len(right) {
			lines[i] = append(lines[i], right[i]...)
		}
	}
	return lines
}

// fit cuts or fills a line to width columns.
func fit(l report.Line, width int) report.Line {
	out := make(report.Line, 0, len(l)+2)
	for _, s := range l {
		if width <= 0 {
			break
		}
		t := report.Clip(visible(s.Text, len(s.Text)), width)
		width -= report.Cells(t)
		out = append(out, report.Span{Text: t, Ink: s.Ink})
	}
	if width > 0 {
		out = append(out, report.Span{Text: pad("", width)})
	}
	return out
}
