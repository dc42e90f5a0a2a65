package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/NimbleMarkets/ntcharts/sparkline"
	"github.com/charmbracelet/lipgloss"

	"hookonce/cmd/report"
)

// charts is the fourth view: the shapes of the run.
func (m *Model) charts(width int) []report.Line {
	lines := m.latencies(width)
	lines = append(lines, m.spreads(width)...)
	return append(lines, m.activity(width)...)
}

// spark draws values as columns with the chart library, without colours of its own.
func spark(values []float64, height int, ink report.Ink) []report.Line {
	if len(values) == 0 {
		return nil
	}
	c := sparkline.New(len(values), height, sparkline.WithStyle(lipgloss.NewStyle()))
	c.PushAll(values)
	c.Draw()
	var out []report.Line
	for l := range strings.SplitSeq(c.View(), "\n") {
		out = append(out, text(l, ink))
	}
	return out
}

// stretched repeats each value until they fill the width, so that few buckets are columns one can see.
func stretched(values []float64, width int) []float64 {
	if len(values) == 0 {
		return nil
	}
	n := max(1, min(4, width/len(values)))
	out := make([]float64, 0, n*len(values))
	for _, v := range values {
		for range n {
			out = append(out, v)
		}
	}
	return out[:min(len(out), max(width, 0))]
}

func counts(buckets []report.Bucket) []float64 {
	var out []float64
	for _, b := range buckets {
		out = append(out, float64(b.Count))
	}
	return out
}

// latencies is a row per class of deliveries; the columns of all rows are the same durations.
func (m *Model) latencies(width int) []report.Line {
	all := m.state.report.Latency
	if len(all) == 0 {
		return []report.Line{text("no answer came yet", report.InkDim)}
	}
	const nameCells, figureCells = 15, 36
	room := max(8, width-nameCells-figureCells)
	var lists [][]report.Bucket
	for _, l := range all {
		lists = append(lists, l.Buckets)
	}
	lists = report.Fill(lists...)
	bars := len(stretched(counts(lists[0]), room))
	lines := []report.Line{{{Text: pad("latency", nameCells) + pad("", bars), Ink: inkTitle},
		{Text: fmt.Sprintf(" %7s%9s%9s%9s", "answers", "p50", "p99", "max"), Ink: inkTitle}}}
	for i, l := range all {
		line := report.Line{{Text: pad(visible(l.Class, 30), nameCells)}}
		line = append(line, spark(stretched(counts(lists[i]), room), 1, report.InkCyan)[0]...)
		lines = append(lines, append(line, report.Span{Text: fmt.Sprintf(" %7d%9s%9s%9s", l.Answers, took(l.P50), took(l.P99), took(l.Max))}))
	}
	first, last := lists[0][0], lists[0][len(lists[0])-1]
	return append(lines, ends(nameCells, bars, took(first.From), took(last.To)), nil)
}

// spreads shows how close together the copies of a gate left.
func (m *Model) spreads(width int) []report.Line {
	s := m.state.report.Stats
	title := fmt.Sprintf("%d of %s overlapped", s.Overlapped, report.Count(s.Races, "race"))
	if s.Overlapped == 0 {
		return []report.Line{{{Text: "spread of gates  ", Ink: inkTitle}, {Text: title}}, nil}
	}
	lines := []report.Line{{{Text: "spread of gates  ", Ink: inkTitle}, {Text: title + ", median spread " + took(s.Spread)}}}
	list := report.Fill(m.state.spreads)[0]
	bars := stretched(counts(list), width)
	lines = append(lines, spark(bars, 2, report.InkCyan)...)
	return append(lines, ends(0, len(bars), took(list[0].From), took(list[len(list)-1].To)), nil)
}

// activity shows what was sent and what came of it over the run's time.
func (m *Model) activity(width int) []report.Line {
	moments := m.state.report.Activity
	if len(moments) == 0 {
		return nil
	}
	var sent, effects []float64
	attempts, total := 0, 0
	for _, x := range moments {
		sent, effects = append(sent, float64(x.Attempts)), append(effects, float64(x.Effects))
		attempts, total = attempts+x.Attempts, total+x.Effects
	}
	sent, effects = stretched(sent, width), stretched(effects, width)
	lines := []report.Line{{{Text: "sent over time  ", Ink: inkTitle}, {Text: report.Count(attempts, "attempt")}}}
	lines = append(lines, spark(sent, 2, report.InkCyan)...)
	lines = append(lines, report.Line{{Text: "effects over time  ", Ink: inkTitle}, {Text: report.Count(total, "effect")}})
	lines = append(lines, spark(effects, 2, report.InkGreen)...)
	return append(lines, ends(0, len(sent), "0 s", took(moments[len(moments)-1].To)))
}

// ends labels both ends of an axis.
func ends(indent, width int, from, to string) report.Line {
	gap := max(1, width-report.Cells(from)-report.Cells(to))
	return text(pad("", indent)+from+pad("", gap)+to, report.InkDim)
}

// took tells a duration in whole microseconds, as the JSON report does.
func took(d report.Micros) string {
	return report.Duration(time.Duration(d).Truncate(time.Microsecond))
}
