package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Load is how sustained traffic went; only runs of load have it.
type Load struct {
	// Asked says in words what was asked for: the rate, or the workers of a closed loop.
	Asked string `json:"asked"`
	// Deliveries were sent, those with bad signatures included; PerSecond and Acknowledged are rates over those without.
	Deliveries   int     `json:"deliveries"`
	Duration     Micros  `json:"duration_us"`
	PerSecond    float64 `json:"per_second"`
	Acknowledged float64 `json:"acknowledged_per_second"`
	// Errors is the share of validly signed deliveries that were not acknowledged.
	Errors float64 `json:"errors"`
	// Classes have how long deliveries took, from the call to the end of the answer. The first is all but bad signatures.
	Classes []LoadClass `json:"classes"`
	Slices  []LoadSlice `json:"slices"`
}

// LoadClass are the deliveries of one class.
type LoadClass struct {
	Class      string `json:"class"`
	Deliveries int    `json:"deliveries"`
	P50        Micros `json:"p50_us"`
	P90        Micros `json:"p90_us"`
	P99        Micros `json:"p99_us"`
	P999       Micros `json:"p999_us"`
	Max        Micros `json:"max_us"`
}

// LoadSlice is a part of the time: how much was sent in it, how it was answered, and what the audit found of the
// events that were first sent in it.
type LoadSlice struct {
	From    Micros `json:"from_us"` // since the traffic began
	To      Micros `json:"to_us"`
	Sent    int    `json:"sent"`
	Acked   int    `json:"acked"`
	Refused int    `json:"refused"`
	Unknown int    `json:"unknown"`
	Mean    Micros `json:"mean_us"`
	Max     Micros `json:"max_us"`
	Doubled int    `json:"doubled"`
	Lost    int    `json:"lost"`
}

func (s LoadSlice) perSecond() float64 {
	if s.To <= s.From {
		return 0
	}
	return float64(s.Sent) / time.Duration(s.To-s.From).Seconds()
}

// lines are the details as tables of plain text, one for the classes and one over time.
func (l *Load) lines() (summary string, classes, slices [][]string) {
	summary = fmt.Sprintf("%s: %s in %s, %.0f/s sent, %.0f/s acknowledged, %.3g%% errors", l.Asked, plural(l.Deliveries, "delivery"),
		time.Duration(l.Duration).Round(10*time.Millisecond), l.PerSecond, l.Acknowledged, 100*l.Errors)
	classes = [][]string{{"class", "deliveries", "p50", "p90", "p99", "p99.9", "max"}}
	for _, c := range l.Classes {
		classes = append(classes, []string{c.Class, strconv.Itoa(c.Deliveries), c.P50.text(), c.P90.text(), c.P99.text(), c.P999.text(), c.Max.text()})
	}
	slices = [][]string{{"from", "sent/s", "acked", "refused", "unknown", "mean", "max", "doubled", "lost"}}
	for _, s := range l.Slices {
		slices = append(slices, []string{time.Duration(s.From).String(), fmt.Sprintf("%.0f", s.perSecond()), strconv.Itoa(s.Acked), strconv.Itoa(s.Refused),
			strconv.Itoa(s.Unknown), s.Mean.text(), s.Max.text(), strconv.Itoa(s.Doubled), strconv.Itoa(s.Lost)})
	}
	return summary, classes, slices
}

// load adds the figures of sustained traffic to a page of text, with a bar for each slice's rate.
func (p *page) load(l *Load) {
	if l == nil {
		return
	}
	summary, classes, slices := l.lines()
	p.blank()
	p.labelled("load", plainInk, summary, p.width, 3)
	p.blank()
	p.columns(classes, nil)
	p.blank()
	shown, most := thinned(l.Slices), 0.0
	for _, s := range l.Slices {
		most = max(most, s.perSecond())
	}
	rows, bars := [][]string{slices[0]}, []string{""}
	for _, i := range shown {
		rows = append(rows, slices[i+1])
		bars = append(bars, strings.Repeat("▪", int(10*l.Slices[i].perSecond()/max(most, 1))))
	}
	p.columns(rows, bars)
}

// thinned picks the slices that a page of text shows: some, evenly, and each with a finding, within bounds.
func thinned(all []LoadSlice) []int {
	const most = 20
	every := max(1, (len(all)+most-1)/most)
	var out []int
	for i, s := range all {
		if i%every == 0 || s.Doubled+s.Lost > 0 && len(out) < 2*most {
			out = append(out, i)
		}
	}
	return out
}

// columns aligns a table: the first column to the left, numbers to the right.
func (p *page) columns(rows [][]string, bars []string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], cells(text))
		}
	}
	for n, row := range rows {
		line := "  " + pad(row[0], widths[0])
		for i, text := range row[1:] {
			line += "  " + padLeft(text, widths[i+1])
		}
		ink := plainInk
		if n == 0 {
			ink = dim
		}
		if bars == nil {
			p.line(piece{line, ink})
			continue
		}
		p.line(piece{line + "  ", ink}, piece{bars[n], cyan})
	}
}

// load adds the same figures as Markdown tables.
func (m *markdown) load(l *Load) {
	if l == nil {
		return
	}
	summary, classes, slices := l.lines()
	m.printf("### Load\n\n%s\n\n", escapeMarkdown(summary, maxLine))
	m.table(classes)
	rows := [][]string{slices[0]}
	for _, i := range thinned(l.Slices) {
		rows = append(rows, slices[i+1])
	}
	m.table(rows)
}

func (m *markdown) table(rows [][]string) {
	for i, row := range rows {
		m.printf("|")
		for _, text := range row {
			m.printf(" %s |", escapeMarkdown(text, 80))
		}
		m.printf("\n")
		if i == 0 {
			m.printf("|---|%s\n", strings.Repeat("--:|", len(row)-1))
		}
	}
	m.printf("\n")
}

// loadChart draws the rate over time, and what was found.
func (r Report) loadChart() chart {
	c := chart{ID: "load", Title: "Load over time", Head: []string{"from", "sent/s", "acked", "refused", "unknown", "mean", "max", "doubled", "lost"},
		Caption: "Deliveries sent in each slice of the time, those that were not acknowledged, and the events first sent in it that the audit found " +
			"processed twice or lost. Each row has a scale of its own."}
	if r.Load == nil || len(r.Load.Slices) == 0 {
		return c
	}
	_, _, rows := r.Load.lines()
	c.Table = rows[1:]
	all := r.Load.Slices
	end := all[len(all)-1].To
	for _, row := range []struct {
		who, class string
		count      func(LoadSlice) int
	}{
		{"sent", "run", func(s LoadSlice) int { return s.Sent }}, {"not acknowledged", "quiet", func(s LoadSlice) int { return s.Refused + s.Unknown }},
		{"processed twice", "bad", func(s LoadSlice) int { return s.Doubled }}, {"lost", "bad", func(s LoadSlice) int { return s.Lost }},
	} {
		total := 0
		buckets := each(all, func(s LoadSlice) Bucket { total += row.count(s); return Bucket{s.From, s.To, row.count(s)} })
		c.add(chartRow{Who: row.who, What: strconv.Itoa(total), Class: row.class}, buckets, linearScale(end), row.who)
	}
	for i := range 4 {
		at := end * Micros(i) / 4
		c.Ticks = append(c.Ticks, tick{share100(linearScale(end)(at)), "start", shortSpan(time.Duration(at))})
	}
	c.Ticks = append(c.Ticks, tick{"100%", "end", shortSpan(time.Duration(end))})
	return c
}
