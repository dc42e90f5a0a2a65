package replay

import (
	"slices"
	"time"
)

// Gate is what became of deliveries that were released together.
type Gate struct {
	Number int `json:"gate"`
	Copies int `json:"copies"` // deliveries of the gate that were sent
	// Overlapped is the proof of a race: the last byte of every copy was sent before
	// the first byte of any answer came back. Of a dense gate, it is so of every event's own copies.
	Overlapped bool `json:"overlapped"`
	// Spread is the time between the first and the last copy's last byte; of a dense gate, the median of its events'.
	Spread time.Duration `json:"spread_ns"`
	// Replicas is how many of the endpoint's addresses the copies were sent to; 0 where it has one address only.
	Replicas int `json:"replicas,omitempty"`
	// Events is how many events a dense gate races, each by copies of its own, and Met those of them whose copies
	// overlapped; 0 where the gate is not dense.
	Events int `json:"events,omitempty"`
	Met    int `json:"events_overlapped,omitempty"`
}

// Trials is how many races the gate holds.
func (g Gate) Trials() int { return max(1, g.Events) }

// Overlaps is how many of its races are proven.
func (g Gate) Overlaps() int {
	switch {
	case g.Events > 0:
		return g.Met
	case g.Overlapped:
		return 1
	}
	return 0
}

// GateOf judges one gate by the attempts made on its deliveries. A copy that was
// not sent, or whose last byte did not leave, makes the gate not overlapped.
func GateOf(number int, attempts []Attempt) Gate {
	t := GateTally{Number: number}
	for i := range attempts {
		t.Add(&attempts[i])
	}
	return t.Gate()
}

// GateTally judges a gate by its attempts, one after another as they come. The zero value with a Number has none yet.
type GateTally struct {
	Number int
	// Attempts counts all that were added, those that were not sent included.
	Attempts int

	all    span
	events []*span // of each event; nil as long as the gate is of one
}

// span is what the copies of an event, or those of a whole gate, have in common.
type span struct {
	event               string
	planned, attempts   int
	copies              int
	reached             []int // numbers of replicas, each once
	first, last, answer time.Duration
}

// Plan says that a copy of the event is to come. Who plans any of a gate plans all, before the first attempt.
func (t *GateTally) Plan(event string) {
	s := t.of(event)
	t.all.planned++
	if s != nil {
		s.planned++
	}
}

// Add counts an attempt on a delivery of the gate, which it does not keep.
func (t *GateTally) Add(a *Attempt) {
	t.Attempts++
	s := t.of(a.Event)
	t.all.add(a)
	if s != nil {
		s.add(a)
	}
}

// of is an event's own span, which may be new; nil as long as all are of one event.
func (t *GateTally) of(event string) *span {
	switch {
	case t.events != nil:
	case t.all.event == event:
		return nil
	case t.all.event == "":
		t.all.event = event
		return nil
	default:
		first := t.all
		first.reached = slices.Clone(first.reached)
		t.events = []*span{&first}
	}
	if s := t.find(event); s != nil {
		return s
	}
	s := &span{event: event}
	t.events = append(t.events, s)
	return s
}

func (t *GateTally) find(event string) *span {
	for _, s := range slices.Backward(t.events) { // copies of an event follow one another
		if s.event == event {
			return s
		}
	}
	return nil
}

// Gate is what became of the gate by the attempts so far.
func (t *GateTally) Gate() Gate {
	g := t.all.gate(t.Number)
	var spreads []time.Duration
	for _, s := range t.events {
		if !s.race() {
			continue
		}
		g.Events++
		if one := s.gate(t.Number); one.Overlapped {
			g.Met++
		}
		spreads = append(spreads, s.last-s.first)
	}
	if g.Events > 0 {
		slices.Sort(spreads)
		g.Overlapped, g.Spread = g.Met == g.Events, spreads[len(spreads)/2]
	}
	return g
}

// Of is what became of one event in the gate: of its own copies, where it is raced by copies, and else of the whole gate.
func (t *GateTally) Of(event string) Gate {
	if s := t.find(event); s != nil && s.race() {
		return s.gate(t.Number)
	}
	return t.Gate()
}

func (s *span) add(a *Attempt) {
	s.attempts++
	if a.Outcome == Unsent || a.LastByte == 0 {
		return
	}
	if s.copies == 0 || a.LastByte < s.first {
		s.first = a.LastByte
	}
	s.last = max(s.last, a.LastByte)
	if a.FirstByte != 0 && (s.answer == 0 || a.FirstByte < s.answer) {
		s.answer = a.FirstByte
	}
	if a.Replica != 0 && !slices.Contains(s.reached, a.Replica) {
		s.reached = append(s.reached, a.Replica)
	}
	s.copies++
}

// race says that the event has copies to race with one another.
func (s *span) race() bool { return max(s.planned, s.attempts) > 1 }

// gate judges the span as a gate of its own. A copy that left no attempt behind was not sent.
func (s *span) gate(number int) Gate {
	return Gate{Number: number, Copies: s.copies, Spread: s.last - s.first, Replicas: len(s.reached),
		Overlapped: s.copies >= s.planned && s.copies == s.attempts && s.copies > 1 && (s.answer == 0 || s.last < s.answer)}
}
