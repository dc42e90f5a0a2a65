package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"hookonce/replay/redact"
)

// maxMarks is how many marks one observation draws at most.
const maxMarks = 12

// effects draws what the endpoint did, under the axis: counted effects in one row per
// name, versions in one row each.
func (t timeline) effects() [][]piece {
	names, counted, states := t.sorted()
	var rows [][]piece
	for _, name := range names[:min(len(names), mostMarks)] {
		rows = append(rows, t.countRow(name, counted[name]))
	}
	if t.missing(counted) {
		rows = append(rows, t.row(t.effectLabel(), newCanvas(t.width), fmt.Sprintf("none, not %d", t.f.Expected), redBold))
	}
	return append(rows, t.stateRows(states)...)
}

// missing says that effects are expected and none is there to draw.
func (t timeline) missing(counted map[string][]Effect) bool {
	return t.f.Effects == 0 && t.f.Expected > 0 && counted[t.f.Effect] == nil
}

// sorted tells counted effects, by name, from states, which are in the order of their observation.
func (t timeline) sorted() (names []string, counted map[string][]Effect, states []Effect) {
	counted = map[string][]Effect{}
	for _, e := range t.f.Evidence.Effects {
		if e.Subject != "" {
			states = append(states, e)
			continue
		}
		name := e.Name
		if name == "" {
			name = e.Source
		}
		if counted[name] == nil {
			names = append(names, name)
		}
		counted[name] = append(counted[name], e)
	}
	slices.SortStableFunc(states, func(a, b Effect) int { return cmp.Compare(a.At, b.At) })
	return names, counted, states
}

// effectLabel is the name of the effect the finding is about, if that is one and not just its source.
func (t timeline) effectLabel() string {
	if strings.ContainsAny(t.f.Effect, ":/") || t.f.Effect == "" {
		return "effect"
	}
	return clip(redact.Screen(t.f.Effect, 64), whoWidth)
}

// countRow draws a mark per effect; those beyond what is right are red.
func (t timeline) countRow(name string, effects []Effect) []piece {
	c := newCanvas(t.width)
	judged := t.f.Effect == "" || t.f.Effect == name
	total := 0
	for _, e := range effects {
		t.drawSince(c, e)
		for range min(e.Count, maxMarks) {
			ink := green
			if total++; judged && total > t.f.Expected {
				ink = redBold
			}
			c.put(c.free(t.axis.column(e.At), "╌"), '◆', ink)
		}
		total += max(0, e.Count-maxMarks)
	}
	text, ink := plural(total, "effect"), plainInk
	if judged && total != t.f.Expected {
		text, ink = fmt.Sprintf("%s, not %d", text, t.f.Expected), redBold
	}
	label := "effect"
	if effects[0].Name != "" {
		label = clip(redact.Screen(name, 64), whoWidth)
	}
	return t.row(label, c, text, ink)
}

// drawSince shows how long before the observation the effect may have been committed, where a source is polled.
func (t timeline) drawSince(c canvas, e Effect) {
	if e.Since >= e.At {
		return
	}
	to := t.axis.column(e.At)
	for i := t.axis.column(e.Since); i < to; i++ {
		if c.runes[i] == ' ' {
			c.put(i, '╌', dim)
		}
	}
}

// stateRows draws the last versions observed, the final one marked.
func (t timeline) stateRows(states []Effect) [][]piece {
	var rows [][]piece
	for i := max(0, len(states)-mostMarks); i < len(states); i++ {
		e := states[i]
		c := newCanvas(t.width)
		t.drawSince(c, e)
		ink, text := green, ""
		if i == len(states)-1 {
			ink, text = redBold, "final state"
		}
		c.put(t.axis.column(e.At), '◆', ink)
		what := "v " + clipMiddle(redact.Screen(e.Version, 64), whoWidth-2)
		if e.Deleted {
			what = "deleted"
		}
		rows = append(rows, t.row(what, c, text, ink))
	}
	return rows
}
