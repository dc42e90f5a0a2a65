package explain

import (
	"slices"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// sparse leaves dense releases and staggered copies out, unless nothing else went wrong: they are the trial that a race is, so many times over that
// for some of their events the interleaving, which no flaw foretells, would decide what fits.
func sparse(h replay.History, v audit.Verdict, open []audit.Finding) (replay.History, audit.Verdict, []audit.Finding) {
	crowded := map[string]bool{}
	for _, d := range h.Plan.Deliveries {
		if d.Fault == "dense" || d.Fault == "stagger" {
			crowded[d.Event] = true
		}
	}
	rest := slices.DeleteFunc(slices.Clone(open), func(f audit.Finding) bool { return crowded[f.Event] })
	if len(rest) == 0 {
		return h, v, open
	}
	h.Plan.Deliveries = slices.DeleteFunc(slices.Clone(h.Plan.Deliveries), func(d replay.Delivery) bool { return crowded[d.Event] })
	h.Plan.Events = slices.DeleteFunc(slices.Clone(h.Plan.Events), func(e replay.Event) bool { return crowded[e.Key] })
	v.Events = slices.DeleteFunc(slices.Clone(v.Events), func(r audit.EventRow) bool { return crowded[r.Key] })
	return h, v, rest
}
