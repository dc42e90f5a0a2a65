package audit

import (
	"cmp"
	"maps"
	"slices"

	"hookonce/replay"
)

// side is what a stream knows of one of the two runs, beyond what it spilled.
type side struct {
	names     map[effectName]int // when an effect of the name was first seen
	unmatched map[string]int
	stated    bool
	control   []release // the gates of the control phase, with their attempts
	raced     []replay.Gate
	races     races
	learnt    *learnt
	front     *docket // stands for the whole history
	sum       sum
}

func newSide() side { return side{names: map[effectName]int{}, unmatched: map[string]int{}} }

func (d *side) name(e *replay.Effect, seq int) {
	n := effectName{e.Source, e.Name}
	if at, known := d.names[n]; !known || seq < at {
		d.names[n] = seq
	}
}

// ordered are the names in the order in which they were first seen.
func (d *side) ordered() []effectName {
	return slices.SortedFunc(maps.Keys(d.names), func(a, b effectName) int { return cmp.Compare(d.names[a], d.names[b]) })
}

// openGate is a gate of which not all attempts were made.
type openGate struct {
	number, planned int
	control         bool
	process         bool
	request         bool
	lagging         bool
	members         []member
	deliveries      []int
	tallies         [2]replay.GateTally
	attempts        [2][]*replay.Attempt // of a probe, for its answers' order
}

// member is an event of a gate, and the part it is in.
type member struct {
	event string
	part  int
}

// planGate adds a delivery to its gate.
func (s *Stream) planGate(d *replay.Delivery, part int) {
	g := s.gates[d.Gate]
	if g == nil {
		g = &openGate{number: d.Gate}
		s.gates[d.Gate] = g
	}
	g.planned++
	g.tallies[0].Plan(d.Event)
	g.tallies[1].Plan(d.Event)
	g.control = g.control || d.Phase == replay.PhaseControl
	g.process = g.process || d.Phase == replay.PhaseProcess
	g.request = g.request || d.Role == replay.RoleRequest
	g.lagging = g.lagging || d.Lag != nil
	g.deliveries = append(g.deliveries, d.N)
	if m := (member{d.Event, part}); len(g.members) == 0 || g.members[len(g.members)-1] != m {
		g.members = append(g.members, m)
	}
	s.gated[d.N] = g
}

// release adds an attempt to a gate, which is over with the last one.
func (s *Stream) release(g *openGate, side int, a *replay.Attempt) error {
	g.tallies[side].Add(a)
	if g.control {
		kept := *a
		g.attempts[side] = append(g.attempts[side], &kept)
	}
	if g.tallies[0].Attempts < g.planned || s.head.Target.Header.Reference != "" && g.tallies[1].Attempts < g.planned {
		return nil
	}
	return s.over(g)
}

// over tells what became of a gate to all parts with deliveries of it.
func (s *Stream) over(g *openGate) error {
	delete(s.gates, g.number)
	for _, n := range g.deliveries {
		delete(s.gated, n)
	}
	for i := range s.sides {
		t := &g.tallies[i]
		t.Number = g.number
		r := release{Gate: t.Gate(), planned: g.planned, control: g.control, process: g.process, request: g.request, attempts: g.attempts[i],
			apart: g.lagging || len(g.members) == g.planned && g.planned > 1}
		s.sides[i].addGate(r, s.o.Races)
		for part, own := range g.byPart(t, r.Events > 0) {
			r.own = own
			if err := s.put(part, kindGate, i, func(c *codec) { c.gate(&r) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// byPart is what each part is told of its own events, beside what became of the whole gate: of a dense gate, what became of them.
func (g *openGate) byPart(t *replay.GateTally, dense bool) map[int][]ownGate {
	parts := map[int][]ownGate{}
	for _, m := range g.members {
		own := parts[m.part]
		if dense {
			own = addOwn(own, m.event, t)
		}
		parts[m.part] = own
	}
	return parts
}

func (d *side) addGate(r release, most int) {
	if r.control {
		d.control = append(d.control, r)
		return
	}
	if r.apart {
		return
	}
	if !r.process && !r.request {
		d.races.add(r.Gate)
	}
	d.raced = lowest(append(d.raced, r.Gate), most, 2*most, byNumber)
}

func byNumber(a, b replay.Gate) int { return cmp.Compare(a.Number, b.Number) }

// lowest cuts a list down to its lowest entries, once it has more than slack.
func lowest[T any](list []T, most, slack int, by func(a, b T) int) []T {
	if len(list) <= slack {
		return list
	}
	slices.SortStableFunc(list, by)
	clear(list[min(most, len(list)):])
	return list[:min(most, len(list))]
}

// allOver closes the gates that are still open.
func (s *Stream) allOver() error {
	for _, n := range slices.Sorted(maps.Keys(s.gates)) {
		if err := s.over(s.gates[n]); err != nil {
			return err
		}
	}
	return nil
}
