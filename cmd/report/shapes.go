package report

import (
	"slices"
	"time"

	"hookonce/replay"
)

// Latency is how long answers took to begin, for one class of deliveries. Attempts without an
// answer are not in it.
type Latency struct {
	// Class is first, duplicate, raced, redelivery or late-duplicate. A delivery of a gate is raced,
	// whatever its role is.
	Class   string `json:"class"`
	Answers int    `json:"answers"`
	P50     Micros `json:"p50_us"`
	P99     Micros `json:"p99_us"`
	Max     Micros `json:"max_us"`
	// Buckets count the answers; those without one are left out.
	Buckets []Bucket `json:"buckets"`
}

// Bucket counts what was at least From and less than To.
type Bucket struct {
	From  Micros `json:"from_us"`
	To    Micros `json:"to_us"`
	Count int    `json:"count"`
}

// Moment is a slice of the run's time, From included and To not, with the attempts that began in it
// and the effects that were observed in it.
type Moment struct {
	From     Micros `json:"from_us"`
	To       Micros `json:"to_us"`
	Attempts int    `json:"attempts"`
	Effects  int    `json:"effects"`
}

const raced = "raced"

// classes are in the order in which charts show them.
func classes() []string {
	return []string{string(replay.RoleFirst), string(replay.RoleDuplicate), raced, string(replay.RoleRedelivery), string(replay.RoleLate)}
}

func classOf(d replay.Delivery) string {
	if d.Gate != 0 {
		return raced
	}
	return string(d.Role)
}

// newLatencies has one entry per class that was answered.
func newLatencies(h replay.History) []Latency {
	class := make(map[int]string, len(h.Plan.Deliveries))
	for _, d := range h.Plan.Deliveries {
		class[d.N] = classOf(d)
	}
	took := map[string][]Micros{}
	for _, a := range h.Attempts {
		if l := a.Latency(); l > 0 {
			took[class[a.Delivery]] = append(took[class[a.Delivery]], Micros(l))
		}
	}
	out := []Latency{}
	for _, c := range classes() {
		if all := took[c]; len(all) > 0 {
			slices.Sort(all)
			out = append(out, Latency{Class: c, Answers: len(all), P50: all[len(all)/2], P99: all[len(all)*99/100],
				Max: all[len(all)-1], Buckets: buckets(all)})
		}
	}
	return out
}

// buckets counts durations between edges that are the same for all data, so that charts can be laid side by side.
func buckets(all []Micros) []Bucket {
	out := []Bucket{}
	from := Micros(0)
	for i := 0; len(all) > 0; i++ {
		to, n := edge(i), 0
		for n < len(all) && all[n] < to {
			n++
		}
		if n > 0 {
			out = append(out, Bucket{from, to, n})
		}
		all, from = all[n:], to
	}
	return out
}

// edge is the end of the i-th bucket: every microsecond up to ten, then ten in each power of ten, at the
// preferred numbers of ISO 3 without fractions.
func edge(i int) Micros {
	if i < 9 {
		return Micros(i+1) * Micros(time.Microsecond)
	}
	unit := Micros(time.Microsecond)
	for i -= 9; i >= 10; i -= 10 {
		unit *= 10
	}
	return unit * [10]Micros{10, 12, 16, 20, 25, 32, 40, 50, 63, 80}[i]
}

// moments is into how many slices a run's time is cut.
const moments = 60

// newActivity cuts the run's time into equal slices.
func newActivity(h replay.History) []Moment {
	var end time.Duration
	for _, a := range h.Attempts {
		end = max(end, a.Start, a.End)
	}
	for _, e := range h.Effects {
		end = max(end, e.At)
	}
	if end == 0 {
		return []Moment{}
	}
	// The last moment belongs to the last slice.
	width := (end.Truncate(time.Microsecond) + moments*time.Microsecond) / moments
	width = max(width.Truncate(time.Microsecond), time.Microsecond)
	out := make([]Moment, end/width+1)
	for i := range out {
		out[i].From, out[i].To = Micros(width)*Micros(i), Micros(width)*Micros(i+1)
	}
	for _, a := range h.Attempts {
		if a.Outcome != replay.Unsent {
			out[a.Start/width].Attempts++
		}
	}
	for _, e := range h.Effects {
		if !e.State() && !e.Earlier {
			out[max(0, e.At)/width].Effects += e.Count
		}
	}
	return out
}
