package report

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// chart is rows of bars over one axis. Places are shares of the width in percent, heights are pixels.
type chart struct {
	ID, Title, Caption string
	Height, Bottom     int
	Rows               []chartRow
	Ticks              []tick
	Head               []string
	Table              [][]string
}

// chartRow is one row: its bars stand on the line at Base.
type chartRow struct {
	Label, Base       int
	Who, What, Class  string
	Bars              []chartBar
	Median, Percent99 string
}

type chartBar struct {
	X, Width  string
	Y, Height int
	Tip       string
}

// The heights of a chart's row, and of the highest bar in it, in pixels.
const (
	rowHeight = 56
	barHeight = 44
)

// scale maps a value to a share of the width from 0 to 1.
type scale func(Micros) float64

// logScale gives every power of ten the same width: latencies of 40 µs and of 10 s fit one picture.
func logScale(from, to Micros) scale {
	low, high := math.Log(float64(max(from, 1))), math.Log(float64(max(to, 2)))
	return func(m Micros) float64 {
		return min(1, max(0, (math.Log(float64(max(m, 1)))-low)/max(high-low, 1e-9)))
	}
}

func linearScale(to Micros) scale {
	return func(m Micros) float64 { return min(1, max(0, float64(m)/float64(max(to, 1)))) }
}

func share100(x float64) string { return percent(int(math.Round(x * pageColumns))) }

func (c *chart) add(row chartRow, from []Bucket, x scale, what string) {
	row.Label = len(c.Rows) * rowHeight
	row.Base = row.Label + rowHeight - 4
	most := 1
	for _, b := range from {
		most = max(most, b.Count)
	}
	for _, b := range from {
		if b.Count <= 0 {
			continue
		}
		h := max(2, barHeight*b.Count/most)
		left, right := x(b.From), x(b.To)
		row.Bars = append(row.Bars, chartBar{X: share100(left), Width: share100(max(right-left-0.002, 0.003)), Y: row.Base - h, Height: h,
			Tip: fmt.Sprintf("%s to %s: %d %s", b.From.text(), b.To.text(), b.Count, what)})
	}
	c.Rows = append(c.Rows, row)
	c.Bottom = len(c.Rows) * rowHeight
	c.Height = c.Bottom + axisHeight
}

// charts are those there is data for.
func (r Report) charts() []chart {
	var out []chart
	for _, c := range []chart{r.loadChart(), r.latencyChart(), r.spreadChart(), r.activityChart()} {
		if len(c.Rows) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func (r Report) latencyChart() chart {
	c := chart{ID: "latency", Title: "How long answers took", Head: []string{"class of delivery", "answers", "median", "99 %", "longest"},
		Caption: "From the last byte sent to the first byte of the answer, by class of delivery, on a logarithmic axis. " +
			"The tall mark is the median, the short one the 99th percentile. Each row has a scale of its own."}
	var all []Bucket
	for _, l := range r.Latency {
		all = append(all, l.Buckets...)
	}
	x, ticks := logAxis(all)
	c.Ticks = ticks
	for _, l := range r.Latency {
		c.add(chartRow{Who: l.Class, What: fmt.Sprintf("%s, median %s", plural(l.Answers, "answer"), l.P50.text()), Class: "run",
			Median: share100(x(l.P50)), Percent99: share100(x(l.P99))}, l.Buckets, x, "answers")
		c.Table = append(c.Table, []string{l.Class, fmt.Sprint(l.Answers), l.P50.text(), l.P99.text(), l.Max.text()})
	}
	return c
}

func (r Report) spreadChart() chart {
	c := chart{ID: "spread", Title: "How close raced copies left", Head: []string{"races", "number", "median spread", "narrowest", "widest"},
		Caption: "The time between the first and the last copy's last byte, per race (of a dense release, the median of its events), on a logarithmic axis. " +
			"Where a copy was answered before all were sent, copies did not overlap, and the race proves nothing."}
	type kind struct {
		name, class string
		spreads     []Micros
	}
	kinds := []kind{{"overlapped", "run", r.spreads(true)}, {"not overlapped", "quiet", r.spreads(false)}}
	all := slices.Concat(kinds[0].spreads, kinds[1].spreads)
	slices.Sort(all)
	x, ticks := logAxis(buckets(all))
	c.Ticks = ticks
	for _, k := range kinds {
		n := len(k.spreads)
		if n == 0 {
			continue
		}
		median := median(k.spreads)
		c.add(chartRow{Who: k.name, What: fmt.Sprintf("%s, median %s", plural(n, "race"), median.text()), Class: k.class,
			Median: share100(x(median))}, buckets(k.spreads), x, "races")
		c.Table = append(c.Table, []string{k.name, fmt.Sprint(n), median.text(), k.spreads[0].text(), k.spreads[n-1].text()})
	}
	return c
}

func (r Report) activityChart() chart {
	c := chart{ID: "activity", Title: "What happened when", Head: []string{"from", "to", "attempts", "effects"},
		Caption: "Attempts that began and effects that were seen, over the time of the run. Each row has a scale of its own."}
	if len(r.Activity) == 0 {
		return c
	}
	var attempts, effects []Bucket
	sent, seen := 0, 0
	for _, m := range r.Activity {
		attempts, effects = append(attempts, Bucket{m.From, m.To, m.Attempts}), append(effects, Bucket{m.From, m.To, m.Effects})
		sent, seen = sent+m.Attempts, seen+m.Effects
		c.Table = append(c.Table, []string{m.From.text(), m.To.text(), fmt.Sprint(m.Attempts), fmt.Sprint(m.Effects)})
	}
	end := r.Activity[len(r.Activity)-1].To
	x := linearScale(end)
	c.add(chartRow{Who: "attempts", What: fmt.Sprintf("%d sent", sent), Class: "run"}, attempts, x, "attempts")
	c.add(chartRow{Who: "effects", What: fmt.Sprintf("%d seen", seen), Class: "good"}, effects, x, "effects")
	for i := range 4 {
		at := end * Micros(i) / 4
		c.Ticks = append(c.Ticks, tick{share100(x(at)), "start", shortSpan(time.Duration(at))})
	}
	c.Ticks = append(c.Ticks, tick{"100%", "end", shortSpan(time.Duration(end))})
	return c
}

// logAxis spans whole buckets, with a tick at each power of ten and, where those are few, at 2 and 5 times one.
func logAxis(all []Bucket) (scale, []tick) {
	if len(all) == 0 {
		return linearScale(1), nil
	}
	from, to := all[0].From, all[0].To
	for _, b := range all {
		from, to = min(from, b.From), max(to, b.To)
	}
	from = max(from, Micros(time.Microsecond)/2)
	x := logScale(from, to)
	var ticks []tick
	few := float64(to)/float64(from) < 200
	for unit := Micros(time.Microsecond); unit <= to; unit *= 10 {
		for _, n := range []Micros{1, 2, 5} {
			if at := n * unit; at >= from && at <= to && (n == 1 || few) {
				ticks = append(ticks, tick{share100(x(at)), anchor(int(x(at) * pageColumns)), shortSpan(time.Duration(at))})
			}
		}
	}
	return x, ticks
}
