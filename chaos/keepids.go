package chaos

import (
	"slices"

	"hookonce/replay"
)

// keptIDs says in which one role each fixture is sent under its recorded id. An
// event that was processed once cannot show anything else, so nothing is used twice.
type keptIDs struct {
	control  []replay.Event
	sentinel []replay.Event
	byFault  map[string][]replay.Event
}

// keepIDs gives the first fixture of each type to the control phase, the last of
// a type with three or more to the sentinels, and deals the others out to the faults in turn.
func keepIDs(in Input) *keptIDs {
	k := &keptIDs{byFault: map[string][]replay.Event{}}
	faults := slices.DeleteFunc(slices.Clone(in.Settings.Faults), func(f string) bool {
		i := slices.IndexFunc(catalog, func(c Fault) bool { return c.Name == f })
		return f == "bad-signature" || catalog[i].blocked(in) != ""
	})
	// Races first: they are what cannot be tested in any other way.
	slices.SortStableFunc(faults, func(a, b string) int { return raceFirst(a) - raceFirst(b) })
	next := 0
	for _, events := range byType(unique(in.Events)) {
		k.control = append(k.control, events[0])
		rest := events[1:]
		if len(rest) > 1 {
			k.sentinel = append(k.sentinel, rest[len(rest)-1])
			rest = rest[:len(rest)-1]
		}
		for _, e := range rest {
			if len(faults) == 0 {
				break
			}
			f := faults[next%len(faults)]
			k.byFault[f] = append(k.byFault[f], e)
			next++
		}
	}
	return k
}

func raceFirst(fault string) int {
	if fault == "race" {
		return 0
	}
	return 1
}

// unique drops fixtures whose key an earlier one has: they would be duplicates by accident.
func unique(events []replay.Event) []replay.Event {
	seen := map[string]bool{}
	var out []replay.Event
	for _, e := range events {
		if !seen[e.Key] {
			seen[e.Key] = true
			out = append(out, e)
		}
	}
	return out
}

func byType(events []replay.Event) [][]replay.Event {
	index := map[string]int{}
	var out [][]replay.Event
	for _, e := range events {
		i, ok := index[e.Type]
		if !ok {
			i = len(out)
			index[e.Type] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], e)
	}
	return out
}
