package report

import (
	"cmp"
	"slices"
)

// axis maps a run's time to columns, which are a terminal's or finer ones. Stretches in which nothing happens are cut
// out, so that a redelivery after an hour and an overlap of 40 µs fit one line.
type axis struct {
	parts []stretch
	width int
	grain grain
}

// stretch is a part of the time that is drawn to scale.
type stretch struct {
	from, to   Micros
	col, cells int
}

// grain is the widths of a cut and of the shortest stretch, in columns.
type grain struct{ cut, least int }

// cutCells is the width of a cut in a terminal.
const cutCells = 2

// terminalGrain is for columns that are a terminal's.
func terminalGrain() grain { return grain{cut: cutCells, least: 8} }

// newAxis draws the stretches of time given on width columns.
func newAxis(spans []stretch, width int, g grain) axis {
	a := axis{parts: mergeSpans(spans), width: width, grain: g}
	a.merge(a.idle())
	for len(a.parts) > 1 && len(a.parts)*(g.least+g.cut) > width {
		a.merge(a.smallestGap())
	}
	a.layOut()
	return a
}

// mergeSpans sorts the stretches and joins those that touch.
func mergeSpans(spans []stretch) []stretch {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	var out []stretch
	for _, s := range spans {
		if n := len(out); n > 0 && s.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, s.to)
			continue
		}
		out = append(out, s)
	}
	return out
}

// idle is the longest gap still drawn to scale: half of the time in which something happens.
func (a axis) idle() Micros {
	var busy Micros
	for _, p := range a.parts {
		busy += p.to - p.from
	}
	return max(busy/2, 1000)
}

func (a axis) smallestGap() Micros {
	gap := a.parts[1].from - a.parts[0].to
	for i := 2; i < len(a.parts); i++ {
		gap = min(gap, a.parts[i].from-a.parts[i-1].to)
	}
	return gap
}

// merge joins stretches that are no more than gap apart.
func (a *axis) merge(gap Micros) {
	var out []stretch
	for _, p := range a.parts {
		if n := len(out); n > 0 && p.from-out[n-1].to <= gap {
			out[n-1].to = p.to
			continue
		}
		out = append(out, p)
	}
	a.parts = out
}

// layOut gives every stretch the least width and shares the rest by duration.
func (a *axis) layOut() {
	n := len(a.parts)
	if n == 0 {
		return
	}
	least := min(a.grain.least, (a.width-a.grain.cut*(n-1))/n)
	rest := a.width - a.grain.cut*(n-1) - least*n
	var busy, before Micros
	for _, p := range a.parts {
		busy += p.to - p.from
	}
	col := 0
	for i := range a.parts {
		p := &a.parts[i]
		p.col, p.cells = col, least
		length := p.to - p.from
		if busy > 0 {
			p.cells += share(rest, before+length, busy) - share(rest, before, busy)
		} else if i == n-1 {
			p.cells += rest
		}
		before += length
		col += p.cells + a.grain.cut
	}
}

// share is total * part / whole without overflow.
func share(total int, part, whole Micros) int {
	return int(float64(total) * (float64(part) / float64(whole)))
}

// column is where a moment is drawn; moments outside are drawn at the nearest end or cut.
func (a axis) column(t Micros) int {
	for i, p := range a.parts {
		switch {
		case t < p.from && i == 0:
			return 0
		case t < p.from:
			return p.col - a.grain.cut
		case t <= p.to && p.to > p.from:
			return p.col + share(p.cells-1, t-p.from, p.to-p.from)
		case t == p.to:
			return p.col
		}
	}
	return max(0, a.width-1)
}
