package tui

import (
	"hookonce/cmd/report"
)

// helpPage explains the keys and the marks, in two columns where there is room.
func (m *Model) helpPage() []report.Line {
	groups := m.keys.groups()
	left := helpLines(groups[0])
	right := append(append(helpLines(groups[1]), nil), helpLines(groups[2])...)
	lines := []report.Line{text(" hookonce: which event was not processed exactly once, and why", report.InkBold), nil}
	half := m.width / 2
	if m.width >= 76 {
		lines = append(lines, pairs(left, right, half)...)
	} else {
		lines = append(append(lines, left...), right...)
	}
	lines = append(lines, nil)
	for _, l := range report.Legend(m.width - 2) {
		lines = append(lines, text(" "+l, report.InkDim))
	}
	for _, l := range report.Wrap("An experiment is a run of its own: fresh ids, its own journal, its own verdict. The run before keeps its evidence, and "+
		"the exit code is that of the last whole run. The mouse chooses and scrolls; hold shift to mark text.", m.width-2) {
		lines = append(lines, text(" "+l, report.InkDim))
	}
	return lines
}

func pairs(left, right []report.Line, width int) []report.Line {
	lines := make([]report.Line, max(len(left), len(right)))
	for i := range lines {
		var l report.Line
		if i < len(left) {
			l = left[i]
		}
		lines[i] = fit(l, width)
		if i < len(right) {
			lines[i] = append(lines[i], right[i]...)
		}
	}
	return lines
}

func helpLines(g helpGroup) []report.Line {
	lines := []report.Line{text(" "+g.title, inkTitle)}
	for _, k := range g.keys {
		h := k.Help()
		lines = append(lines, report.Line{{Text: "  "}, {Text: pad(h.Key, 8), Ink: report.InkBold}, {Text: h.Desc}})
	}
	return lines
}
