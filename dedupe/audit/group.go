package audit

import (
	"fmt"
	"maps"
	"slices"
	"sort"

	"hookonce/replay"
)

// numbered is a list whose entries know when they were added to the stream.
type numbered[T any] struct {
	seq  []int
	list []T
}

func roomFor[T any](n int) numbered[T] { return numbered[T]{make([]int, 0, n), make([]T, 0, n)} }

func (n *numbered[T]) add(seq int, v T) { n.seq, n.list = append(n.seq, seq), append(n.list, v) }
func (n *numbered[T]) Len() int         { return len(n.seq) }
func (n *numbered[T]) Less(i, j int) bool {
	return n.seq[i] < n.seq[j]
}
func (n *numbered[T]) Swap(i, j int) {
	n.seq[i], n.seq[j] = n.seq[j], n.seq[i]
	n.list[i], n.list[j] = n.list[j], n.list[i]
}

// group is what was spilled of parts that are judged together.
type group struct {
	events     numbered[replay.Event]
	deliveries numbered[replay.Delivery]
	attempts   [2]numbered[replay.Attempt]
	effects    [2]numbered[replay.Effect]
	gates      [2]numbered[release]
}

// groups lists the parts that are judged together.
func (s *Stream) groups() [][]int {
	by := map[int][]int{}
	for p, f := range s.parts {
		if f.used {
			by[s.routes.root(p)] = append(by[s.routes.root(p)], p)
		}
	}
	var out [][]int
	for _, root := range slices.Sorted(maps.Keys(by)) {
		out = append(out, by[root])
	}
	return out
}

// load reads a group back.
func (s *Stream) load(parts []int) (*group, error) {
	g, known := s.roomFor(parts), map[string]string{}
	for _, p := range parts {
		if err := s.each(p, known, g.decode); err != nil {
			return nil, err
		}
	}
	g.sort()
	return g, nil
}

// roomFor is a group with room for what was spilled of its parts.
func (s *Stream) roomFor(parts []int) *group {
	var n [2 * kinds]int
	for _, p := range parts {
		for i, more := range s.parts[p].n {
			n[i] += int(more)
		}
	}
	g := &group{events: roomFor[replay.Event](n[kindEvent]), deliveries: roomFor[replay.Delivery](n[kindDelivery])}
	for side := range g.attempts {
		of := n[kinds*side:]
		g.attempts[side], g.effects[side] = roomFor[replay.Attempt](of[kindAttempt]), roomFor[replay.Effect](of[kindEffect])
	}
	return g
}

// each gives the records of a part to f, which takes the rest of each from the codec.
func (s *Stream) each(part int, known map[string]string, f func(c *codec, seq, kind, side int)) error {
	room, err := s.spill.read(part, s.room, func(b []byte) error {
		c := codec{buf: b, reading: true, known: known}
		for len(c.buf) > 0 {
			tag := int(c.buf[0])
			c.buf = c.buf[1:]
			seq := 0
			number(&c, &seq)
			f(&c, seq, tag%kinds, tag/kinds)
		}
		if c.bad {
			return fmt.Errorf("%w is not what was written", ErrSpill)
		}
		return nil
	})
	s.room = room
	return err
}

func (g *group) decode(c *codec, seq, kind, side int) {
	side &= 1
	switch kind {
	case kindEvent:
		decodeInto(&g.events, seq, c.event)
	case kindDelivery:
		decodeInto(&g.deliveries, seq, c.delivery)
	case kindAttempt:
		decodeInto(&g.attempts[side], seq, c.attempt)
	case kindEffect:
		decodeInto(&g.effects[side], seq, c.effect)
	case kindGate:
		decodeInto(&g.gates[side], seq, c.gate)
	}
}

func decodeInto[T any](n *numbered[T], seq int, decode func(*T)) {
	var v T
	n.add(seq, v)
	decode(&n.list[len(n.list)-1])
}

// sort puts records of several parts, and effects that found their events late, into the order in which they were added.
func (g *group) sort() {
	for _, l := range []sort.Interface{&g.events, &g.deliveries, &g.attempts[0], &g.attempts[1], &g.effects[0], &g.effects[1]} {
		if !sort.IsSorted(l) {
			sort.Stable(l)
		}
	}
	for i := range g.gates {
		slices.SortStableFunc(g.gates[i].list, func(a, b release) int { return byNumber(a.Gate, b.Gate) })
		g.gates[i].list = joined(g.gates[i].list)
	}
}

// joined makes one of what several parts were told of a gate.
func joined(list []release) []release {
	out := list[:0]
	for _, r := range list {
		if n := len(out); n > 0 && out[n-1].Number == r.Number {
			out[n-1].own = append(out[n-1].own, r.own...)
			continue
		}
		out = append(out, r)
	}
	return out
}

// dockets sorts a group for judging: the target's docket, with the reference's beside it.
func (s *Stream) dockets(g *group) [2]*docket {
	var out [2]*docket
	for i := range s.sides {
		if i == 1 && s.head.Reference == nil {
			continue
		}
		h := s.history(i)
		h.Plan.Events, h.Plan.Deliveries = g.events.list, g.deliveries.list
		h.Attempts, h.Effects = g.attempts[i].list, g.effects[i].list
		out[i] = newDocketOf(h, &part{ranks: g.events.seq, names: slices.Clip(s.sides[i].sum.names), gates: g.gates[i].list, effectKeys: s.effectKeys})
		if l := s.sides[i].learnt; l != nil && l.took == nil {
			out[i].apply(l)
		}
	}
	out[0].reference = out[1]
	return out
}

// history is a run without what was spilled.
func (s *Stream) history(side int) *replay.History {
	h := s.head.Target
	if side == 0 {
		return &h
	}
	r := *s.head.Reference
	r.Header, r.Plan = h.Header, h.Plan
	return referenceHistory(r)
}
