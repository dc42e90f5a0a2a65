package tui

import (
	"fmt"

	"hookonce/cmd/report"
)

// foot is the last line: what just happened, the filter being typed, or what the keys do.
func (m *Model) foot() report.Line {
	switch {
	case m.typing:
		return report.Line{{Text: " filter: ", Ink: inkTitle}, {Text: m.input.Value()}, {Text: "▏", Ink: inkTitle},
			{Text: "  code, type, subject or text · enter keeps it · esc takes it away", Ink: report.InkDim}}
	case m.notice != "":
		return text(" "+visible(m.notice, 400), report.InkYellow)
	case m.help:
		return hints("any key", "back")
	}
	line := hints(m.footKeys()...)
	if below := m.layout.content - m.scroll - m.layout.pane; below > 0 {
		more := fmt.Sprintf("%d more ↓ ", below)
		used := 0
		for _, s := range line {
			used += report.Cells(s.Text)
		}
		if gap := m.width - used - report.Cells(more); gap > 0 {
			line = append(line, report.Span{Text: pad("", gap)}, report.Span{Text: more, Ink: report.InkYellow})
		}
	}
	return line
}

func (m *Model) footKeys() []string {
	keys := []string{"↑↓", "event", "enter", "open", "tab", "view", "/", "filter"}
	switch {
	case m.zoomed:
		keys = []string{"↑↓", "scroll", "tab", "view", "esc", "back", "c", "copy command"}
	case m.held():
		keys = []string{"u", "release", "q", "stop and leave"}
	case m.before != nil && m.ended:
		keys = append([]string{"esc", "back to the run"}, keys...)
	}
	if m.ended && m.before == nil && !m.zoomed {
		keys = append(keys, "s", "save")
	}
	return append(keys, "?", "help", "q", "quit")
}

// hints are keys and what they do, in turn.
func hints(words ...string) report.Line {
	line := report.Line{{Text: " "}}
	for i := 0; i+1 < len(words); i += 2 {
		line = append(line, report.Span{Text: words[i], Ink: inkTitle}, report.Span{Text: " " + words[i+1] + "  ", Ink: report.InkDim})
	}
	return line
}
