package report

import (
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// Stories tells of any event of a run what a finding tells of its own: its attempts, its effects, its gate.
type Stories struct {
	facts      facts
	rows       map[string]*audit.EventRow
	deliveries map[string][]int
	states     map[string][]replay.Effect
	races      map[int]replay.Gate
	findings   map[string][]int
}

// NewStories indexes a run. It keeps what it is given and changes none of it.
func NewStories(j replay.Journal, v audit.Verdict) *Stories {
	s := &Stories{facts: newFacts(j.Target), rows: make(map[string]*audit.EventRow, len(v.Events)), deliveries: map[string][]int{},
		states: map[string][]replay.Effect{}, races: map[int]replay.Gate{}, findings: map[string][]int{}}
	for i := range v.Events {
		s.rows[v.Events[i].Key] = &v.Events[i]
	}
	for _, d := range j.Target.Plan.Deliveries {
		s.deliveries[d.Event] = append(s.deliveries[d.Event], d.N)
	}
	for _, e := range j.Target.Effects {
		if e.State() && !e.Earlier {
			s.states[e.Subject] = append(s.states[e.Subject], e)
		}
	}
	for _, g := range v.Races {
		s.races[g.Number] = g
	}
	for i, f := range v.Findings {
		s.findings[f.Event] = append(s.findings[f.Event], i)
	}
	return s
}

// Findings are the indexes of the report's findings about an event, in the report's order.
func (s *Stories) Findings(key string) []int { return s.findings[key] }

// Latest is the last moment known of an event's attempts; 0 where none was sent.
func (s *Stories) Latest(key string) Micros {
	var last Micros
	for _, n := range s.deliveries[key] {
		for _, a := range s.facts.attempts[n] {
			last = max(last, Micros(a.Start), Micros(a.End))
		}
	}
	return last
}

// Of tells the story of an event in the shape of a finding without code, message and advice.
func (s *Stories) Of(key string) Finding {
	f := Finding{Event: key, Deliveries: []int{}}
	row := s.rows[key]
	if row == nil {
		return f
	}
	f.Type, f.Subject, f.Fault, f.Effects, f.Expected = row.Type, row.Subject, row.Fault, row.Effects, row.Expected
	if e := s.facts.events[key]; e != nil {
		f.Fixture = e.Fixture
	}
	f.Evidence = s.evidence(key, row)
	for _, a := range f.Evidence.Attempts {
		f.Deliveries = append(f.Deliveries, a.Delivery)
	}
	f.Reproduce = narrow(s.facts.header.Command, s.facts.seed, row.Fault, row.Type)
	return f
}

func (s *Stories) evidence(key string, row *audit.EventRow) Evidence {
	e := Evidence{Attempts: []Attempt{}, Effects: each(row.Observed, func(e *replay.Effect) Effect { return newEffect(*e) })}
	for _, n := range s.deliveries[key] {
		for _, a := range s.facts.attempts[n] {
			if a.Outcome != replay.Unsent {
				e.Attempts = append(e.Attempts, s.facts.attempt(a))
			}
		}
		if g, ok := s.races[s.facts.deliveries[n].Gate]; ok {
			race := newRace(s.own(g, key))
			e.Gate = &race
		}
	}
	if row.Subject != "" {
		e.Effects = append(e.Effects, each(s.states[row.Subject], newEffect)...)
	}
	return e
}

// own is what became of an event's copies in a gate.
func (s *Stories) own(g replay.Gate, key string) replay.Gate {
	if g.Events == 0 {
		return g
	}
	var attempts []replay.Attempt
	for _, n := range s.deliveries[key] {
		if s.facts.deliveries[n].Gate == g.Number {
			attempts = append(attempts, s.facts.attempts[n]...)
		}
	}
	return replay.GateOf(g.Number, attempts)
}

// ReferenceStory tells what the reference made of an event. Its history is short of an index, because it is asked
// for one event at a time.
func ReferenceStory(j replay.Journal, key string) Finding {
	f := Finding{Event: key, Deliveries: []int{}}
	if j.Reference == nil {
		return f
	}
	h := replay.History{Header: j.Target.Header, Plan: j.Target.Plan}
	for _, a := range j.Reference.Attempts {
		if a.Event == key && a.Outcome != replay.Unsent {
			h.Attempts = append(h.Attempts, a)
			f.Deliveries = append(f.Deliveries, a.Delivery)
		}
	}
	x := newFacts(h)
	event := x.events[key]
	if event == nil {
		return f
	}
	f.Type, f.Subject = event.Type, event.Subject
	f.Evidence.Attempts = each(h.Attempts, x.attempt)
	for _, e := range j.Reference.Effects {
		switch {
		case e.Key == key:
			f.Effects += e.Count
		case !e.State() || e.Subject != event.Subject:
			continue
		}
		f.Evidence.Effects = append(f.Evidence.Effects, newEffect(e))
	}
	for _, l := range j.Reference.Locks {
		if l.Event == key {
			f.Evidence.Locks = append(f.Evidence.Locks, l)
		}
	}
	f.Expected = f.Effects
	return f
}
