package main

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"
)

// table holds the turns of each contestant.
type table struct {
	rows  []contestant
	turns map[string][]turn
}

// median is a contestant's turn in the middle, by deliveries per core.
func (t *table) median(name string) turn {
	turns := slices.SortedFunc(slices.Values(t.turns[name]), func(a, b turn) int { return int(a.perCore() - b.perCore()) })
	if len(turns) == 0 {
		return turn{}
	}
	return turns[len(turns)/2]
}

func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "Deliveries of %d bytes on one core, %d at a time (%s, %d cores, %s). The median turn of each.\n\n",
		len(body), connections, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	fmt.Fprintln(w, "| sender | deliveries per second of its core | beside vegeta | processor time of a delivery | sent per second |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	base := t.median(rowVegeta)
	for _, c := range t.rows {
		m := t.median(c.name)
		ratio := "-"
		if base.requests > 0 {
			ratio = fmt.Sprintf("%.1f x", m.perCore()/base.perCore())
		}
		fmt.Fprintf(w, "| %s | %.0f | %s | %.1f us | %.0f |\n", c.name, m.perCore(), ratio, 1e6/m.perCore(), m.rate())
	}
}

// promises are what hookonce is to keep, as least ratios between two rows.
var promises = []struct {
	ours, theirs string
	least        float64
}{
	{rowDispatch, rowVegeta, 2.5},
	{rowDispatch, rowWrk, 0.6},
	{rowLoad, rowVegeta, 1.2},
}

// dearest is the processor time that a delivery of a plan may take.
const dearest = 14 * time.Microsecond

// missed says which promises were not kept; "" if all were.
func (t *table) missed() string {
	var out []string
	for _, p := range promises {
		ours, theirs := t.median(p.ours), t.median(p.theirs)
		if ours.requests == 0 || theirs.requests == 0 {
			out = append(out, fmt.Sprintf("%s was not compared with %s", p.ours, p.theirs))
		} else if got := ours.perCore() / theirs.perCore(); got < p.least {
			out = append(out, fmt.Sprintf("%s: %.2f times %s, and not %.1f", p.ours, got, p.theirs, p.least))
		}
	}
	if m := t.median(rowDispatch); m.requests > 0 && m.cpu/time.Duration(m.requests) > dearest {
		out = append(out, fmt.Sprintf("%s: %s for each delivery, and not %s", rowDispatch, m.cpu/time.Duration(m.requests), dearest))
	}
	return strings.Join(out, "\n")
}
