package audit

import (
	"errors"
	"fmt"

	"hookonce/replay"
)

// Limits bound what a verdict over a stream lists; its counts are of all. A zero limit is the default.
type Limits struct {
	Findings int // per check; 1,000 by default
	Events   int // 10,000 by default: violated ones before others, and then as in the plan
	Races    int // 10,000 by default
}

// StreamOptions say how a stream is judged.
type StreamOptions struct {
	// Dir is where what does not fit into memory goes; "" for the system's directory of temporary files.
	Dir string
	Limits
}

// Stream judges a history that is too large to be held in memory: records are added in the order of a
// journal, or as they happen, and Judge then gives the verdict that the function Judge would give. Its memory grows by about
// ten bytes an event, by the gates that are not over, and by the commands of the endpoint's Redis, where they are recorded; everything else goes to a temporary file, of about a
// quarter of the journal's size, which disappears with the process.
//
// An event must be added before its deliveries, a delivery before its attempt, and all deliveries of a gate before
// the gate's first attempt. It is not safe for concurrent use.
type Stream struct {
	o                  StreamOptions
	head               replay.Journal // header, plan without its lists, marks and ends
	plan               replay.PlanHead
	events, deliveries int
	room               []byte // for what is read back
	spill              *spill
	writes             codec // of what is spilled
	routes             *routes
	parts              [partitions]partFlags
	sides              [2]side // target and reference
	gates              map[int]*openGate
	gated              map[int]*openGate // by the number of a delivery
	seq                int
	last               struct { // the event found last: records often speak of one event several times in a row
		key  string
		part int
		ok   bool
	}
	effectKeys bool
	err        error
}

type partFlags struct {
	used, control, sentinel bool
	n                       [2 * kinds]int32 // records, by kind and side
}

// NewStream starts a stream. Close must be called in the end.
func NewStream(o StreamOptions) (*Stream, error) {
	for _, l := range []struct {
		limit   *int
		initial int
	}{{&o.Findings, 1000}, {&o.Events, 10_000}, {&o.Races, 10_000}} {
		if *l.limit <= 0 {
			*l.limit = l.initial
		}
	}
	sp, err := newSpill(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Stream{o: o, spill: sp, routes: newRoutes(), gates: map[int]*openGate{}, gated: map[int]*openGate{}}
	for i := range s.sides {
		s.sides[i] = newSide()
	}
	return s, nil
}

// Close frees the temporary file.
func (s *Stream) Close() error { return s.spill.close() }

// Head is what the stream keeps as it is: header, plan without its lists, marks, and how the run ended.
func (s *Stream) Head() replay.Journal { return s.head }

// Add adds a record, of which it keeps nothing. The error is of a record that cannot stand where it does, or of the temporary file; no
// record can be added after it.
func (s *Stream) Add(r replay.Record) error {
	if s.err == nil {
		s.err = s.add(r)
	}
	return s.err
}

func (s *Stream) add(r replay.Record) error {
	light := r.Event == nil && r.Delivery == nil && r.Attempt == nil && r.Effect == nil
	if light && (r.Body != nil || r.Lock != nil) {
		return nil
	}
	if r.Run == replay.ReferenceRun && s.head.Reference == nil {
		s.head.Reference = &replay.History{}
	}
	if r.Plan != nil {
		s.plan = *r.Plan
	}
	if light {
		return s.head.Add(r)
	}
	if s.head.Target.Header.Schema == "" {
		return errors.New("no header: this is not a hookonce journal")
	}
	s.seq++
	side := 0
	if r.Run == replay.ReferenceRun {
		side = 1
	}
	switch {
	case r.Event != nil:
		s.events++
		return s.addEvent(r.Event)
	case r.Delivery != nil:
		s.deliveries++
		return s.addDelivery(r.Delivery)
	case r.Attempt != nil:
		return s.addAttempt(side, r.Attempt)
	}
	return s.addEffect(side, r.Effect)
}

// The meanings of a name.
const (
	meansKey       = 'k'
	meansEffectKey = 'e'
)

func (s *Stream) addEvent(e *replay.Event) error {
	home := e.Subject
	if home == "" {
		home = e.Key
	}
	part := s.routes.of(home)
	s.routes.link(s.routes.token(meansKey, e.Key), part)
	if e.ID != "" && e.ID != e.Key {
		s.routes.link(s.routes.token(meansKey, e.ID), part)
	}
	if e.EffectKey != "" {
		s.effectKeys = true
		s.routes.link(s.routes.token(meansEffectKey, e.EffectKey), part)
	}
	s.last.ok = false
	return s.put(part, kindEvent, 0, func(c *codec) { c.event(e) })
}

// partOf is the part of an event.
func (s *Stream) partOf(key string) (int, bool) {
	if !s.last.ok || s.last.key != key {
		part, ok := s.routes.find(s.routes.token(meansKey, key))
		if !ok {
			return 0, false
		}
		s.last.key, s.last.part, s.last.ok = key, part, true
	}
	return s.last.part, true
}

func (s *Stream) addDelivery(d *replay.Delivery) error {
	part, ok := s.partOf(d.Event)
	if !ok {
		return fmt.Errorf("delivery %d is of an event that is not in the plan: %s", d.N, d.Event)
	}
	s.parts[part].control = s.parts[part].control || d.Phase == replay.PhaseControl
	s.parts[part].sentinel = s.parts[part].sentinel || d.Phase == replay.PhaseSentinel
	if d.Gate != 0 {
		s.planGate(d, part)
	}
	return s.put(part, kindDelivery, 0, func(c *codec) { c.delivery(d) })
}

func (s *Stream) addAttempt(side int, a *replay.Attempt) error {
	if g := s.gated[a.Delivery]; g != nil {
		if err := s.release(g, side, a); err != nil {
			return err
		}
	}
	part, ok := s.partOf(a.Event)
	if !ok {
		return nil
	}
	return s.put(part, kindAttempt, side, func(c *codec) { c.attempt(a) })
}

func (s *Stream) addEffect(side int, e *replay.Effect) error {
	d := &s.sides[side]
	if e.Earlier {
		return nil
	}
	part, matched := s.routes.of(e.Subject), false
	if e.State() {
		d.stated = true
	} else if part, matched = s.owner(e.Key); matched {
		d.name(e, s.seq)
	}
	return s.put(part, kindEffect, side, func(c *codec) { c.effect(e) })
}

// owner is the part of the events whose effects are counted under a key, as far as it names them by their keys.
func (s *Stream) owner(key string) (part int, ok bool) {
	if s.effectKeys {
		if part, ok = s.routes.find(s.routes.token(meansEffectKey, key)); ok {
			return part, true
		}
		return orphans, false
	}
	if part, ok = s.partOf(key); ok {
		return part, true
	}
	if parts := partsOf(key); len(parts) > 1 {
		for _, p := range parts {
			if part, ok = s.partOf(p); ok {
				return part, true
			}
		}
	}
	return orphans, false
}

// The kinds of what is spilled.
const (
	kindEvent = iota
	kindDelivery
	kindAttempt
	kindEffect
	kindGate
	kinds
)

func (s *Stream) put(part, kind, side int, write func(*codec)) error {
	return s.putAt(s.seq, part, kind, side, write)
}

func (s *Stream) putAt(seq, part, kind, side int, write func(*codec)) error {
	if part != orphans {
		s.parts[part].used = true
		s.parts[part].n[kind+kinds*side]++
	}
	return s.spill.put(part, func(buf []byte) []byte {
		c := &s.writes
		c.buf = append(buf, byte(kind+kinds*side))
		number(c, &seq)
		write(c)
		return c.buf
	})
}
