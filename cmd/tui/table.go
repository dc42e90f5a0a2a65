package tui

import (
	"slices"
	"strconv"

	"hookonce/cmd/report"
)

// table is the list of events: what is shown of it, and where the cursor is.
type table struct {
	rows   []*row // after filter and sorting
	cursor int
	top    int
	order  int
	filter string
	// moved says that the user chose a row: then the cursor stays on its event, else on the first row.
	moved bool
}

// load takes new rows, and keeps the cursor where it should be.
func (t *table) load(j *judged) {
	key := ""
	if r := t.selected(); r != nil && t.moved {
		key = r.event.Key
	}
	t.rows = selectRows(j.inOrder(t.order), t.filter)
	t.cursor = 0
	if key != "" {
		t.cursor = max(0, slices.IndexFunc(t.rows, func(r *row) bool { return r.event.Key == key }))
	}
}

// selected is the row under the cursor; nil in an empty table.
func (t *table) selected() *row {
	if t.cursor < 0 || t.cursor >= len(t.rows) {
		return nil
	}
	return t.rows[t.cursor]
}

// move moves the cursor.
func (t *table) move(by int) {
	t.cursor = max(0, min(len(t.rows)-1, t.cursor+by))
	t.moved = true
}

// scroll keeps the cursor within height rows.
func (t *table) scroll(height int) {
	t.top = max(0, min(t.top, len(t.rows)-height))
	t.top = min(t.top, t.cursor)
	t.top = max(t.top, t.cursor-height+1)
}

// column is one column of the table.
type column struct {
	title string
	width int
	right bool
	cell  func(*row) (string, report.Ink)
}

// columns lays the columns out on a width. What does not fit is left out, the least needed first.
func columns(width int, reference bool) []column {
	cols := []column{
		{"verdict", 17, false, func(r *row) (string, report.Ink) { return r.verdict, r.ink() }},
		{"type", 0, false, func(r *row) (string, report.Ink) { return r.event.Type, report.InkPlain }},
		{"event", 0, false, func(r *row) (string, report.Ink) { return r.event.Key, report.InkPlain }},
		{"sent", 4, true, func(r *row) (string, report.Ink) { return strconv.Itoa(r.event.Deliveries), report.InkPlain }},
		{"acked", 5, true, func(r *row) (string, report.Ink) { return strconv.Itoa(r.event.Acked), report.InkPlain }},
		{"effects", 7, true, effectsCell},
		{"right", 5, true, func(r *row) (string, report.Ink) { return strconv.Itoa(r.event.Expected), report.InkDim }},
		{"ref", 3, true, referenceCell},
	}
	if width >= 110 {
		cols = slices.Insert(cols, 3,
			column{"subject", 0, false, func(r *row) (string, report.Ink) { return r.event.Subject, report.InkDim }},
			column{"fault", 13, false, func(r *row) (string, report.Ink) { return faultOf(r), report.InkDim }})
	}
	if !reference {
		cols = cols[:len(cols)-1]
	}
	if width < 64 {
		cols = slices.DeleteFunc(cols, func(c column) bool { return c.title == "acked" || c.title == "right" || c.title == "event" })
	}
	return share(cols, width-markCells)
}

// markCells are the columns before the first one: the cursor and the sign of what is wrong.
const markCells = 4

// share gives the columns without a width of their own what is left.
func share(cols []column, width int) []column {
	flexible := 0
	width++ // nothing stands between the last column and the edge
	for _, c := range cols {
		width -= c.width + 1
		if c.width == 0 {
			flexible++
		}
	}
	for i := range cols {
		if cols[i].width == 0 {
			cols[i].width = max(0, width/flexible)
			width -= cols[i].width
			flexible--
		}
	}
	return cols
}

func effectsCell(r *row) (string, report.Ink) {
	ink := report.InkPlain
	if r.event.Effects != r.event.Expected && r.weight == wrong {
		ink = report.InkRedBold
	}
	return strconv.Itoa(r.event.Effects), ink
}

func referenceCell(r *row) (string, report.Ink) {
	if r.event.ReferenceEffects == nil {
		return "–", report.InkDim
	}
	return strconv.Itoa(*r.event.ReferenceEffects), report.InkDim
}

func faultOf(r *row) string {
	if r.event.Fault == "" {
		return "none"
	}
	return r.event.Fault
}

// ink and sign tell how bad a row is, in colour and without.
func (r *row) ink() report.Ink {
	switch r.weight {
	case wrong:
		return report.InkRed
	case warned:
		return report.InkYellow
	case fine:
		if !r.event.Undecided() {
			return report.InkGreen
		}
	}
	return report.InkDim
}

func (r *row) sign() string {
	switch r.weight {
	case wrong:
		return "✗"
	case warned:
		return "!"
	case fine:
		if !r.event.Undecided() {
			return "✓"
		}
	}
	return "·"
}

// header is the line of the columns' titles.
func header(cols []column) report.Line {
	line := report.Line{{Text: pad("", markCells)}}
	for i, c := range cols {
		line = append(line, report.Span{Text: gap(i) + c.fit(c.title), Ink: inkTitle})
	}
	return line
}

// line is a row as it is drawn.
func (r *row) line(cols []column, chosen bool) report.Line {
	cursor := " "
	if chosen {
		cursor = "▌"
	}
	line := report.Line{{Text: cursor, Ink: inkTitle}, {Text: r.sign() + pad("", markCells-2), Ink: r.ink()}}
	for i, c := range cols {
		s, ink := c.cell(r)
		line = append(line, report.Span{Text: gap(i)}, report.Span{Text: c.fit(visible(s, 120)), Ink: ink})
	}
	return line
}

// gap stands before every column but the first.
func gap(column int) string {
	if column == 0 {
		return ""
	}
	return " "
}

func (c column) fit(s string) string {
	if c.right {
		return report.PadLeft(s, c.width)
	}
	return pad(report.ClipMiddle(s, c.width), c.width)
}
