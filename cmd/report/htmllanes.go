package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"hookonce/replay"
	"hookonce/replay/redact"
)

// lanes is a finding's timeline as the page draws it. Moments are shares of the width in percent, so
// that the picture fits every screen and its text keeps its size; heights are pixels.
type lanes struct {
	Height, Bottom int // of the drawing, and of its part above the axis
	Gate           *gateMark
	Rows           []lane
	Ticks          []tick
	Cuts           []string
	Note           string
}

// lane is one row: an attempt, or the effects of one name.
type lane struct {
	Y, Label         int // middle of the row, in pixels, and where its words stand
	Who, What, Class string
	Send, Work, Wait *bar
	First, Stop, Tip string // First is the answer's first byte
	Marks            []mark
}

type bar struct{ From, To, Width string }

type mark struct{ X, Class, Tip string }

type gateMark struct{ X, Anchor, Text, Note string }

type tick struct{ X, Anchor, Text string }

// The heights of a lane and of the rows for the gate and the axis, in pixels.
const (
	laneHeight = 40
	gateHeight = 24
	axisHeight = 24
)

// pageGrain divides a picture's width into thousandths.
func pageGrain() grain { return grain{cut: 28, least: 130} }

const pageColumns = 1000

// newLanes draws what drawTimeline draws.
func newLanes(f Finding) *lanes {
	t, drawn := newTimeline(f, pageColumns, pageGrain())
	if !drawn {
		return nil
	}
	l := &lanes{Note: t.undrawn(), Gate: t.gateMark()}
	if l.Gate != nil {
		l.Bottom = gateHeight
	}
	for _, a := range t.attempts {
		l.add(t.attemptLane(a))
	}
	for _, row := range t.effectLanes() {
		l.add(row)
	}
	l.Height = l.Bottom + axisHeight
	l.Ticks, l.Cuts = t.ticks()
	return l
}

func (l *lanes) add(row lane) {
	row.Y, row.Label = l.Bottom+laneHeight/2, l.Bottom
	l.Rows = append(l.Rows, row)
	l.Bottom += laneHeight
}

// percent writes a column as a share of the width.
func percent(col int) string {
	return strconv.FormatFloat(float64(col)*100/pageColumns, 'f', -1, 64) + "%"
}

func (t timeline) at(m Micros) string { return percent(t.axis.column(m)) }

func (t timeline) bar(from, to Micros) *bar {
	a, b := t.axis.column(from), t.axis.column(to)
	const least = 4 // so that an instant is seen
	return &bar{percent(a), percent(b), percent(max(b-a, least))}
}

func (t timeline) gateMark() *gateMark {
	n, at := t.released()
	if n == 0 {
		return nil
	}
	note := "released together"
	if g := t.f.Evidence.Gate; g != nil {
		note = fmt.Sprintf("%s, spread %s", plural(g.Copies, "copy"), g.Spread.text())
	}
	return &gateMark{X: t.at(at), Anchor: anchor(t.axis.column(at)), Text: fmt.Sprintf("gate %d", n), Note: note}
}

// anchor keeps a text within the picture.
func anchor(col int) string {
	switch {
	case col < pageColumns/4:
		return "start"
	case col > pageColumns*3/4:
		return "end"
	}
	return "middle"
}

func (t timeline) attemptLane(a Attempt) lane {
	text, ink := t.outcome(a)
	row := lane{Who: fmt.Sprintf("#%d %s", a.Delivery, t.name(a)), What: text, Class: inkClass(ink)}
	done := a.last()
	sent := done // no last byte: the endpoint never had all of it
	if a.LastByte != 0 {
		sent = a.LastByte
		row.Work = t.bar(sent, done)
	}
	row.Send = t.bar(a.Start, sent)
	if a.Outcome == replay.Unknown || a.Outcome == replay.Unsent {
		row.Stop = t.at(done)
	}
	row.Tip = fmt.Sprintf("%s: sent from %s to %s, ", row.Who, t.since(a.Start), t.since(sent))
	if a.FirstByte != 0 {
		row.First = t.at(a.FirstByte)
		row.Tip += "first byte of the answer at " + t.since(a.FirstByte) + ", "
	}
	row.Tip += text
	return row
}

// since is a moment counted from the first attempt drawn.
func (t timeline) since(m Micros) string { return (m - t.origin).text() }

func inkClass(c colour) string {
	switch c {
	case green:
		return "good"
	case yellow:
		return "warn"
	case red, redBold:
		return "bad"
	}
	return "quiet"
}

// effectLanes is what the endpoint did: counted effects in one row per name, versions in one row each.
func (t timeline) effectLanes() []lane {
	names, counted, states := t.sorted()
	var rows []lane
	for _, name := range names[:min(len(names), mostMarks)] {
		rows = append(rows, t.countLane(name, counted[name]))
	}
	if t.missing(counted) {
		rows = append(rows, lane{Who: t.effectLabel(), What: fmt.Sprintf("none, not %d", t.f.Expected), Class: "bad"})
	}
	for i := max(0, len(states)-mostMarks); i < len(states); i++ {
		rows = append(rows, t.stateLane(states[i], i == len(states)-1))
	}
	return rows
}

func (t timeline) countLane(name string, effects []Effect) lane {
	judged := t.f.Effect == "" || t.f.Effect == name
	row := lane{Who: "effect", Class: "good"}
	if effects[0].Name != "" {
		row.Who = redact.Screen(name, 64)
	}
	total := 0
	for _, e := range effects {
		for i := range min(e.Count, maxMarks) {
			class := "good"
			if total++; judged && total > t.f.Expected {
				class = "bad"
			}
			// Several effects of one observation stand side by side.
			x := percent(min(t.axis.column(e.At)+i*14, pageColumns))
			row.Marks = append(row.Marks, mark{x, class, fmt.Sprintf("effect %d, seen at %s", total, t.since(e.At))})
		}
		total += max(0, e.Count-maxMarks)
		row.Wait = t.wait(row.Wait, e)
	}
	row.What = plural(total, "effect")
	if judged && total != t.f.Expected {
		row.What, row.Class = fmt.Sprintf("%s, not %d", row.What, t.f.Expected), "bad"
	}
	return row
}

// wait is since when an effect may have been there, where a source is polled.
func (t timeline) wait(have *bar, e Effect) *bar {
	if have != nil || e.Since >= e.At || e.At < t.origin {
		return have
	}
	return t.bar(max(e.Since, t.origin), e.At)
}

func (t timeline) stateLane(e Effect, last bool) lane {
	row := lane{Who: "version " + redact.Screen(e.Version, 64), What: "then", Class: "quiet", Wait: t.wait(nil, e)}
	class := "good"
	if last {
		row.What, row.Class, class = "final state", "bad", "bad"
	}
	if e.Deleted {
		row.Who = "deleted"
	}
	row.Marks = []mark{{t.at(e.At), class, row.Who + ", seen at " + t.since(e.At)}}
	return row
}

// ticks are the begin and the end of every stretch, and the cuts between them.
func (t timeline) ticks() (ticks []tick, cuts []string) {
	for i, p := range t.axis.parts {
		end := p.col + p.cells - 1
		if i > 0 {
			cuts = append(cuts, percent(p.col-t.axis.grain.cut/2))
		}
		from, to := shortSpan(time.Duration(p.from-t.origin)), shortSpan(time.Duration(p.to-t.origin))
		ticks = append(ticks, tick{percent(p.col), "start", from})
		if from != to && p.cells > 220 {
			ticks = append(ticks, tick{percent(end), "end", to})
		}
	}
	return ticks, cuts
}

// text writes a duration as the JSON report has it, in whole microseconds, for people.
func (m Micros) text() string {
	d := time.Duration(m).Truncate(time.Microsecond)
	if d == 0 && m > 0 {
		return "under 1 µs"
	}
	return strings.ReplaceAll(span(d), " ", "\u00a0")
}
