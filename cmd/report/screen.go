package report

import (
	"math"
	"time"

	"hookonce/replay/redact"
)

// What an interactive screen shares with the text format, so that a figure, a picture and a
// sentence are the same in both.

// Ink is how text is to be drawn.
type Ink string

// The inks of the text format's pieces, as SGR parameters of the 16 basic colours.
const (
	InkPlain   = Ink(plainInk)
	InkBold    = Ink(bold)
	InkDim     = Ink(dim)
	InkRed     = Ink(red)
	InkRedBold = Ink(redBold)
	InkGreen   = Ink(green)
	InkYellow  = Ink(yellow)
	InkCyan    = Ink(cyan)
)

// Span is text in one ink. Whoever draws it makes it safe for the screen.
type Span struct {
	Text string
	Ink  Ink
}

// Line is one line of a screen.
type Line []Span

// Lanes draws the swimlanes of a finding, or of a story of one event, in lines of width columns. It is nil
// where nothing was sent.
func Lanes(f Finding, width int) []Line {
	return each(drawTimeline(f, width), func(pieces []piece) Line {
		return each(pieces, func(p piece) Span { return Span{p.text, Ink(p.colour)} })
	})
}

// Legend explains the marks of the swimlanes, in at most width columns a line.
func Legend(width int) []string { return wrapItems(legendItems(), "  ", width) }

// Headline says the verdict in words, from figures alone.
func (r Report) Headline() string { return redact.Screen(r.headline(), 400) }

// Tested says what the verdict rests on, as labels and statements.
func (r Report) Tested() []Statement {
	facts := r.tested()
	out := make([]Statement, 0, len(facts))
	for _, f := range facts {
		for i, l := range f.lines {
			s := Statement{"", l}
			if i == 0 {
				s.Label = f.label
			}
			out = append(out, s)
		}
	}
	return out
}

// Statement is text under a label.
type Statement struct{ Label, Text string }

// Kind is the findings of one code and cause.
type Kind struct {
	Title    string
	Severity string
	Findings []Finding
}

// Kinds sorts the findings: violations first, and those first that a race proves.
func (r Report) Kinds() []Kind {
	return each(r.groups(), func(g group) Kind {
		return Kind{redact.Screen(g.title(), 60), string(g.severity), g.findings}
	})
}

// About names what a finding is about.
func (f Finding) About() string { return f.about() }

// ReferenceLine says what the reference made of the same deliveries; "" where none ran.
func (f Finding) ReferenceLine() string { return f.referenceLine() }

// Undecided says that an event's judgement is neither right nor wrong.
func (e Event) Undecided() bool { return undecided(e.Judgement) }

// Cells is how many columns of a terminal text takes.
func Cells(s string) int { return cells(s) }

// Clip cuts text to n columns and marks the cut.
func Clip(s string, n int) string { return clip(s, n) }

// ClipMiddle cuts text to n columns in its middle.
func ClipMiddle(s string, n int) string { return clipMiddle(s, n) }

// Pad fills text up to n columns, or cuts it.
func Pad(s string, n int) string { return pad(s, n) }

// PadLeft is Pad with the text at the right.
func PadLeft(s string, n int) string { return padLeft(s, n) }

// Wrap breaks text at spaces into lines of at most n columns.
func Wrap(s string, n int) []string { return wrap(s, n) }

// Duration writes a duration for people: three figures and a unit.
func Duration(d time.Duration) string { return span(d) }

// Count writes a number with a regular noun.
func Count(n int, noun string) string { return plural(n, noun) }

// Spreads counts the races that overlapped by the spread of their copies.
func (r Report) Spreads() []Bucket {
	return buckets(r.spreads(true))
}

// Fill puts buckets of none where the lists leave one out, so that all of them cover the same time.
func Fill(lists ...[]Bucket) [][]Bucket {
	var last Micros
	first := Micros(math.MaxInt64)
	for _, l := range lists {
		for _, b := range l {
			first, last = min(first, b.From), max(last, b.To)
		}
	}
	out := make([][]Bucket, len(lists))
	from := Micros(0)
	for i := 0; from < last; i++ {
		to := edge(i)
		for k := range lists {
			if from >= first {
				out[k] = append(out[k], Bucket{from, to, countOf(lists[k], from)})
			}
		}
		from = to
	}
	return out
}

func countOf(l []Bucket, from Micros) int {
	for _, b := range l {
		if b.From == from {
			return b.Count
		}
	}
	return 0
}
