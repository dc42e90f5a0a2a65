package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hookonce/replay"
	"hookonce/replay/redact"
)

// The columns of a timeline: two of indent, who it is about, the drawing, what came of it.
const (
	whoWidth     = 16
	outcomeWidth = 18
	mostLanes    = 8
	mostMarks    = 4 // rows of effects
)

// timeline draws the attempts and effects of one finding over a common axis.
type timeline struct {
	f        Finding
	attempts []Attempt
	axis     axis
	width    int // of the drawing
	origin   Micros
}

// drawTimeline returns the lines of a finding's timeline, or nothing where there is nothing to draw.
func drawTimeline(f Finding, width int) [][]piece {
	t, drawn := newTimeline(f, width-2-whoWidth-1-outcomeWidth, terminalGrain())
	if !drawn {
		return nil
	}
	lines := t.gate()
	for _, a := range t.attempts {
		lines = append(lines, t.lane(a))
	}
	lines = append(lines, t.lock()...)
	lines = append(lines, t.scale())
	lines = append(lines, t.effects()...)
	if note := t.undrawn(); note != "" {
		lines = append(lines, []piece{{"  " + note, dim}})
	}
	return lines
}

// newTimeline lays a finding out on width columns; false says that there is nothing to draw.
func newTimeline(f Finding, width int, g grain) (timeline, bool) {
	t := timeline{f: f, attempts: drawnAttempts(f.Evidence.Attempts), width: width}
	if len(t.attempts) == 0 {
		return t, false
	}
	t.axis = newAxis(t.spans(), width, g)
	t.origin = t.axis.parts[0].from
	return t, true
}

// undrawn says how many attempts have no lane.
func (t timeline) undrawn() string {
	if left := len(t.f.Evidence.Attempts) - len(t.attempts); left > 0 {
		return plural(left, "earlier attempt") + " not drawn"
	}
	return ""
}

// drawnAttempts picks the lanes: all in the order of their start, or of too many the last ones, which led to the end.
func drawnAttempts(in []Attempt) []Attempt {
	out := slices.Clone(in)
	slices.SortStableFunc(out, func(a, b Attempt) int { return cmp.Compare(a.Start, b.Start) })
	return out[max(0, len(out)-mostLanes):]
}

func (t timeline) spans() []stretch {
	var out []stretch
	for _, a := range t.attempts {
		out = append(out, stretch{from: a.Start, to: a.last()})
	}
	for _, e := range t.f.Evidence.Effects {
		if first := out[0].from; e.At >= first { // effects before the first lane belong to attempts that are not drawn
			out = append(out, stretch{from: e.At, to: e.At})
		}
	}
	for _, l := range t.f.Evidence.Locks {
		if at := Micros(l.At); at >= out[0].from {
			out = append(out, stretch{from: at, to: at})
		}
	}
	return out
}

// row puts a drawing between its two columns of text.
func (t timeline) row(who string, c canvas, outcome string, ink colour) []piece {
	out := append([]piece{{"  " + pad(who, whoWidth) + " ", dim}}, c.pieces()...)
	return append(out, piece{" " + clip(outcome, outcomeWidth-1), ink})
}

// released is the gate and the moment at which it let its copies go: the first of their last bytes.
func (t timeline) released() (number int, at Micros) {
	for _, a := range t.attempts {
		if a.Gate != 0 && a.LastByte != 0 && (number == 0 || a.LastByte < at) {
			number, at = a.Gate, a.LastByte
		}
	}
	return number, at
}

// gate marks that moment.
func (t timeline) gate() [][]piece {
	n, at := t.released()
	if n == 0 {
		return nil
	}
	c := newCanvas(t.width)
	col := t.axis.column(at)
	c.put(col, '▼', cyan)
	note := " released together"
	if g := t.f.Evidence.Gate; g != nil {
		note = fmt.Sprintf(" %d copies, spread %s", g.Copies, span(time.Duration(g.Spread)))
	}
	if cells(note) < t.width-col {
		c.text(col+1, t.width, note, dim)
	} else if note = strings.TrimSpace(note) + " "; cells(note) <= col {
		c.text(col-cells(note), col, note, dim)
	}
	return [][]piece{t.row("gate "+strconv.Itoa(n), c, "", plainInk)}
}

// lane draws one attempt: sent or held at the gate, with the endpoint, its answer's first byte, done or given up.
func (t timeline) lane(a Attempt) []piece {
	c := newCanvas(t.width)
	from, to := t.axis.column(a.Start), t.axis.column(a.last())
	worked := to + 1 // no last byte: the endpoint never had all of it
	if a.LastByte != 0 {
		worked = t.axis.column(a.LastByte)
	}
	for i := from; i <= to; i++ {
		switch {
		case i == worked:
			c.put(i, '┝', plainInk)
		case i > worked:
			c.put(i, '━', plainInk)
		case i == from:
			c.put(i, '├', plainInk)
		default:
			c.put(i, '╌', dim)
		}
	}
	if a.FirstByte != 0 {
		c.put(t.axis.column(a.FirstByte), '┿', plainInk) // the end's mark hides it where both are one column
	}
	text, ink := t.outcome(a)
	switch {
	case a.Outcome == replay.Unknown || a.Outcome == replay.Unsent:
		c.put(to, '╳', ink)
	case to > from:
		c.put(to, '┥', ink)
	}
	return t.row(t.who(a), c, text, ink)
}

// last is the latest moment known of the attempt.
func (a Attempt) last() Micros { return max(a.Start, a.LastByte, a.FirstByte, a.End) }

func (t timeline) who(a Attempt) string {
	n := "#" + strconv.Itoa(a.Delivery) + " "
	return n + clipMiddle(t.name(a), whoWidth-cells(n))
}

// name says what tells an attempt from the others of its timeline.
func (t timeline) name(a Attempt) string {
	switch {
	case t.manyEvents() && a.Version != "":
		return "v " + redact.Screen(a.Version, 64)
	case a.Signature != replay.SignValid:
		return redact.Screen(string(a.Signature), 64)
	case a.Role == replay.RoleLate:
		return "+" + shortSpan(time.Duration(a.Age))
	}
	return redact.Screen(string(a.Role), 64)
}

func (t timeline) manyEvents() bool {
	return slices.ContainsFunc(t.attempts, func(a Attempt) bool { return a.Event != t.attempts[0].Event })
}

func (t timeline) outcome(a Attempt) (string, colour) {
	took := span(time.Duration(a.last() - a.Start))
	switch {
	case a.Outcome == replay.Unsent:
		return "not sent", dim
	case a.HungUp:
		return "hung up, " + took, yellow
	case a.Outcome == replay.Unknown && a.Status == 0:
		return "no answer, " + took, yellow
	case a.Outcome == replay.Acked, a.Outcome == replay.Answered && a.Status < 400:
		return fmt.Sprintf("%d in %s", a.Status, took), green
	}
	return fmt.Sprintf("%d in %s", a.Status, took), yellow
}

// scale draws the axis with its times, counted from the first attempt.
func (t timeline) scale() []piece {
	c := newCanvas(t.width)
	for i, p := range t.axis.parts {
		last := p.col + p.cells - 1
		c.text(p.col, last, "└"+strings.Repeat("─", p.cells), dim)
		c.put(last, '┘', dim)
		if i > 0 {
			c.text(p.col-cutCells, p.col, "╱╱", dim)
		}
		t.label(c, p)
	}
	return t.row("", c, "", plainInk)
}

// label writes a stretch's begin, and its end where both fit, in the longest form that does.
func (t timeline) label(c canvas, p stretch) {
	first, last := p.col+1, p.col+p.cells-1
	for _, write := range []func(time.Duration) string{
		func(d time.Duration) string { return " " + span(d) + " " }, span, shortSpan,
	} {
		from, to := write(time.Duration(p.from-t.origin)), write(time.Duration(p.to-t.origin))
		if first+cells(from) > last {
			continue
		}
		c.text(first, last, from, dim)
		if p.to > p.from && from != to && first+cells(from)+cells(to) < last {
			c.text(last-cells(to), last, to, dim)
		}
		return
	}
}
