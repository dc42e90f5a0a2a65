package replay

import (
	"slices"
	"time"
)

// Stats are the harness's own figures.
type Stats struct {
	Deliveries int           `json:"deliveries"` // planned
	Attempts   int           `json:"attempts"`   // sent
	Elapsed    time.Duration `json:"elapsed_ns"`
	// LateP50, LateP99 and LateMax are how late deliveries began that only waited for the clock.
	LateP50 time.Duration `json:"late_p50_ns"`
	LateP99 time.Duration `json:"late_p99_ns"`
	LateMax time.Duration `json:"late_max_ns"`
}

// StatsOf computes the figures of a run from what it recorded.
func StatsOf(p Plan, attempts []Attempt) Stats {
	t := StatsTally{Deliveries: len(p.Deliveries)}
	for i := range attempts {
		t.Add(&attempts[i])
	}
	return t.Stats()
}

// StatsTally computes the figures of a run as it goes, in bounded memory. The zero value has seen nothing.
type StatsTally struct {
	Deliveries int // planned so far

	stats Stats
	late  []time.Duration
	// Of more than maxLate late deliveries one in every is kept: seen counts them all.
	every, seen int
}

// maxLate is from how many late deliveries the percentiles are taken at most; the maximum is of all.
const maxLate = 1 << 16

// Add counts an attempt, which it does not keep.
func (t *StatsTally) Add(a *Attempt) {
	t.stats.Elapsed = max(t.stats.Elapsed, a.End)
	if a.Outcome == Unsent {
		return
	}
	t.stats.Attempts++
	if a.Late <= 0 {
		return
	}
	t.stats.LateMax = max(t.stats.LateMax, a.Late)
	if t.seen%max(t.every, 1) == 0 {
		t.keep(a.Late)
	}
	t.seen++
}

// keep adds to the sample. A full one is halved, and every other one is left out from then on.
func (t *StatsTally) keep(late time.Duration) {
	if len(t.late) == maxLate {
		for i := range maxLate / 2 {
			t.late[i] = t.late[2*i]
		}
		t.late, t.every = t.late[:maxLate/2], 2*max(t.every, 1)
	}
	t.late = append(t.late, late)
}

// Stats are the figures so far.
func (t *StatsTally) Stats() Stats {
	s := t.stats
	s.Deliveries = t.Deliveries
	if n := len(t.late); n > 0 {
		sorted := slices.Sorted(slices.Values(t.late))
		s.LateP50, s.LateP99 = sorted[n/2], sorted[min(n-1, n*99/100)]
	}
	return s
}
