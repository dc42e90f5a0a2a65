package main

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"time"
)

// windows are the handler's, from none but unlock and lock.
var windows = []time.Duration{0, time.Microsecond, 2 * time.Microsecond, 5 * time.Microsecond,
	10 * time.Microsecond, 20 * time.Microsecond, 50 * time.Microsecond, 100 * time.Microsecond}

// node stands for the handler in Node, whose window is a turn of its loop.
const node = time.Duration(-1)

const (
	// hundred is the share of bursts that must double for a window to be found within 100 of them with 99 % probability.
	hundred = 0.045
	// never stands for a window none was found at.
	never = time.Duration(math.MaxInt64)
)

// cell is what one contestant did at one window.
type cell struct {
	events, doubled int
	took            time.Duration
}

func (c cell) share() float64 { return float64(c.doubled) / float64(max(c.events, 1)) }

// t99 is the time until a double is seen with 99 % probability; bound says that none was seen, and it is a lower bound at
// 95 % confidence, by the rule of three.
func (c cell) t99() (d time.Duration, bound bool) {
	if c.events == 0 {
		return 0, true
	}
	p := c.share()
	if bound = c.doubled == 0; bound {
		p = min(3/float64(c.events), 1)
	}
	bursts := max(1, math.Log(0.01)/math.Log(1-min(p, 0.9999)))
	return time.Duration(bursts * float64(c.took) / float64(c.events)), bound
}

// table holds all cells.
type table struct {
	rows  []contestant
	cells map[string]map[time.Duration]cell
}

func newTable(rows []contestant) *table {
	t := &table{rows: rows, cells: map[string]map[time.Duration]cell{}}
	for _, r := range rows {
		t.cells[r.name] = map[time.Duration]cell{}
	}
	return t
}

func (t *table) add(c contestant, window time.Duration, got tally, took time.Duration) {
	was := t.cells[c.name][window]
	t.cells[c.name][window] = cell{was.events + got.Events, was.doubled + got.Doubled, was.took + took}
}

// narrowest is the narrowest window found within 100 bursts with 99 % probability, and so are all wider ones.
func (t *table) narrowest(c contestant) time.Duration {
	found := never
	for _, w := range slices.Backward(windows) {
		if t.cells[c.name][w].share() < hundred {
			break
		}
		found = w
	}
	return found
}

func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "%d processors, %s/%s, %s. Share of events, sent twice each, that a check-then-act handler processed twice, by its window:\n\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())
	fmt.Fprint(w, "| release |")
	for _, window := range windows {
		fmt.Fprintf(w, " %s |", window)
	}
	fmt.Fprint(w, " narrowest in 100 bursts at 99 % | events/s | T99 at 0 | Node, one setImmediate |\n|---|")
	for range len(windows) + 4 {
		fmt.Fprint(w, "---|")
	}
	fmt.Fprintln(w)
	for _, r := range t.rows {
		t.printRow(w, r)
	}
	fmt.Fprintln(w)
	for _, line := range t.ratios() {
		fmt.Fprintln(w, line)
	}
}

func (t *table) printRow(w io.Writer, r contestant) {
	cells := t.cells[r.name]
	fmt.Fprintf(w, "| %s |", r.name)
	for _, window := range windows {
		fmt.Fprintf(w, " %s |", percent(cells[window]))
	}
	narrowest := "none"
	if n := t.narrowest(r); n != never {
		narrowest = n.String()
	}
	d, bound := cells[0].t99()
	t99 := d.Round(time.Millisecond).String()
	if bound {
		t99 = "over " + t99
	}
	fmt.Fprintf(w, " %s | %.0f | %s | %s |\n", narrowest, float64(cells[0].events)/cells[0].took.Seconds(), t99, percent(cells[node]))
}

func percent(c cell) string {
	if c.events == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*c.share())
}
