package report

import "slices"

// trials is how many races a gate holds: one, or as many as a dense release has events.
func (g Race) trials() int { return max(1, g.Events) }

// overlaps is how many of them overlapped.
func (g Race) overlaps() int {
	switch {
	case g.Events > 0:
		return g.Met
	case g.Overlapped:
		return 1
	}
	return 0
}

// spreads lists the spreads of the races that overlapped, or of those that did not, in order.
func (r Report) spreads(overlapped bool) []Micros {
	var all []Micros
	for _, g := range r.Races {
		n := g.overlaps()
		if !overlapped {
			n = g.trials() - n
		}
		for range n {
			all = append(all, g.Spread)
		}
	}
	slices.Sort(all)
	return all
}

// median is that of a sorted list; 0 of none.
func median(sorted []Micros) Micros {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}
