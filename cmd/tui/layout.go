package tui

import (
	"fmt"
	"strings"

	"hookonce/cmd/report"
)

// layout is where things are on the screen, counted from its top in lines.
type layout struct {
	table   int // the first row of the table
	rows    int // rows of the table
	tabs    int // the line with the views
	pane    int // lines of the lower half
	content int // lines there are to show in it
	spots   []spot
}

// spot is where the name of a view is.
type spot struct{ from, to int }

// The smallest window that is drawn on.
const (
	leastWidth  = 40
	leastHeight = 12
)

// View is the screen. It is composed when something changed, not for every record.
func (m *Model) View() string {
	if m.stale {
		m.frame, m.stale = m.compose(), false
	}
	return m.frame
}

func (m *Model) compose() string {
	switch {
	case m.width < leastWidth || m.height < leastHeight:
		return m.page([]report.Line{text(fmt.Sprintf("%d×%d is too small: make the window", m.width, m.height), report.InkPlain),
			text(fmt.Sprintf("at least %d×%d; 80×24 is good", leastWidth, leastHeight), report.InkPlain)}, -1)
	case m.help:
		return m.page(m.helpPage(), -1)
	}
	lines := m.head()
	chosen := -1
	if !m.zoomed {
		rows := m.arrange(len(lines))
		chosen = rows.chosen
		lines = append(lines, rows.lines...)
	} else {
		m.layout = layout{rows: 0, pane: m.height - len(lines) - 2}
	}
	m.layout.tabs = len(lines)
	lines = append(lines, m.tabs())
	lines = append(lines, m.pane()...)
	return m.page(lines, chosen)
}

// arranged is the table as it is drawn.
type arranged struct {
	lines  []report.Line
	chosen int
}

// arrange shares the height between the table and the lower half.
func (m *Model) arrange(head int) arranged {
	free := m.height - head - 4 // two lines above the rows, one with the views, one at the foot
	rows := max(3, free*2/5)
	if n := len(m.table.rows); n < rows {
		rows = max(3, n)
	}
	m.table.scroll(rows)
	cols := columns(m.width, m.state.report.Reference != nil)
	lines := []report.Line{m.tableTitle(), header(cols)}
	out := arranged{chosen: -1}
	for i := range rows {
		n := m.table.top + i
		if n >= len(m.table.rows) {
			lines = append(lines, nil)
			continue
		}
		if n == m.table.cursor {
			out.chosen = head + len(lines)
		}
		lines = append(lines, m.table.rows[n].line(cols, n == m.table.cursor))
	}
	m.layout = layout{table: head + 2, rows: rows, pane: free - rows}
	out.lines = lines
	return out
}

// tableTitle is the rule above the table.
func (m *Model) tableTitle() report.Line {
	left := " " + report.Count(len(m.state.rows), "event")
	if m.table.filter != "" {
		left = fmt.Sprintf(" %d of %s match “%s”", len(m.table.rows), report.Count(len(m.state.rows), "event"), visible(m.table.filter, 40))
	}
	line := report.Line{{Text: "──", Ink: report.InkDim}, {Text: left, Ink: inkTitle}}
	used := 2 + report.Cells(left)
	if m.state.wrong > 0 {
		s := fmt.Sprintf(" · %d wrong", m.state.wrong)
		line, used = append(line, report.Span{Text: s, Ink: report.InkRed}), used+report.Cells(s)
	}
	right := " " + orders()[m.table.order].name + " first "
	if name := orders()[m.table.order].name; name == "type" || name == "plan" {
		right = " by " + name + " "
	}
	fill := max(1, m.width-used-report.Cells(right)-3)
	return append(line, report.Span{Text: " " + strings.Repeat("─", fill), Ink: report.InkDim}, report.Span{Text: right, Ink: inkTitle},
		report.Span{Text: "──", Ink: report.InkDim})
}

func viewNames() []string { return []string{"Story", "Messages", "Reference", "Charts", "Run"} }

// tabs is the rule with the names of the views.
func (m *Model) tabs() report.Line {
	line := report.Line{{Text: "──", Ink: report.InkDim}}
	used := 2
	for i, name := range viewNames() {
		label, ink := fmt.Sprintf(" %d %s ", i+1, name), inkTitle
		if view(i) == m.view {
			ink = inkSelected
			if m.ink.bare {
				label = fmt.Sprintf("[%d %s]", i+1, name)
			}
		}
		m.layout.spots = append(m.layout.spots, spot{used, used + report.Cells(label)})
		line = append(line, report.Span{Text: label, Ink: ink}, report.Span{Text: "─", Ink: report.InkDim})
		used += report.Cells(label) + 1
	}
	return append(line, report.Span{Text: strings.Repeat("─", max(0, m.width-used)), Ink: report.InkDim})
}

// pane is the part of the lower half that fits.
func (m *Model) pane() []report.Line {
	content := m.content(m.width - 2)
	height := max(0, m.layout.pane)
	m.layout.content = len(content)
	m.scroll = max(0, min(m.scroll, len(content)-height))
	end := min(len(content), m.scroll+height)
	out := make([]report.Line, 0, height)
	for _, l := range content[m.scroll:end] {
		out = append(out, append(report.Line{{Text: " "}}, l...))
	}
	return out
}

// page fills the screen: the lines, and the foot in the last one.
func (m *Model) page(lines []report.Line, chosen int) string {
	var b strings.Builder
	for i := range m.height - 1 {
		var l report.Line
		if i < len(lines) {
			l = lines[i]
		}
		b.WriteString(m.ink.draw(l, m.width, i == chosen))
		b.WriteByte('\n')
	}
	b.WriteString(m.ink.draw(m.foot(), m.width, false))
	return b.String()
}
