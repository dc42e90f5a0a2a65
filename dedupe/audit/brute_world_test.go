package audit_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"hookonce/replay"
)

// draw makes a world from a seed.
func draw(seed uint64) bWorld {
	r := rand.New(rand.NewPCG(seed, 1))
	one := func(n int) bool { return r.IntN(n) == 0 }
	w := bWorld{normal: r.IntN(3), versioned: r.IntN(2) == 0, rest: !one(5)}
	if w.normal == 0 && one(2) {
		w.normal = 1
	}
	for i := range 1 + r.IntN(3) {
		e := bEvent{name: fmt.Sprintf("evt_%d", i), fixture: i, version: 2 + 2*r.IntN(3), subject: []string{"", "sub_1", "sub_2"}[r.IntN(3)]}
		e.deletes = e.version == 6 && e.subject != "" && one(2)
		if i > 0 && one(4) {
			p := w.events[i-1]
			e.fixture, e.version, e.subject, e.deletes = p.fixture, p.version, p.subject, p.deletes
		}
		if one(6) {
			e.sig = []replay.Signature{replay.SignMissing, replay.SignStale}[r.IntN(2)]
			e.subject, e.deletes = "", false
			e.fixture = i
		}
		for range 1 + r.IntN(4) {
			a := bAttempt{start: r.IntN(60), status: []int{200, 200, 200, 500, 503, 401, 0}[r.IntN(7)], body: "ok", id: []string{"", "1", "2"}[r.IntN(3)]}
			a.end = a.start + 2 + r.IntN(20)
			a.tail = one(3)
			if one(40) {
				a.end += 9000
			}
			if one(6) {
				a.body = "other"
			}
			if a.status != 200 && !one(4) && e.sig == replay.SignValid {
				a.status = 500
			}
			e.attempts = append(e.attempts, a)
		}
		if one(3) {
			e.attempts = append(e.attempts, bAttempt{start: 90, end: 95, status: 200, body: "ok", id: e.attempts[0].id, late: true})
		}
		slices.SortStableFunc(e.attempts, func(a, b bAttempt) int { return cmp.Compare(a.start, b.start) })
		if w.normal > 0 {
			for range []int{0, w.normal, w.normal, w.normal, w.normal + 1, 2 * w.normal}[r.IntN(6)] {
				e.effects = append(e.effects, e.attempts[0].start+r.IntN(95-e.attempts[0].start))
			}
			slices.Sort(e.effects)
		}
		w.events = append(w.events, e)
	}
	for range r.IntN(5) {
		s := bState{subject: []string{"sub_1", "sub_2"}[r.IntN(2)], version: 2 + r.IntN(6), at: r.IntN(100)}
		if !one(4) {
			s.version &^= 1 // most are sent by some event
		}
		s.deleted = one(5)
		w.states = append(w.states, s)
	}
	slices.SortStableFunc(w.states, func(a, b bState) int { return cmp.Compare(a.at, b.at) })
	return w
}

const bBase = 1000 // the fault phase begins after control, in milliseconds

func moment(n int) time.Duration { return time.Duration(bBase+n) * ms }

// history tells the world to the audit.
func (w bWorld) history(t *testing.T) replay.History {
	s := newTale(t)
	s.h.Header.Sources[0].Committed = true
	s.h.Plan.Settings.Late = []time.Duration{70 * time.Second}
	done := map[int]bool{}
	for _, e := range w.events {
		if !done[e.fixture] {
			done[e.fixture] = true
			w.control(s, e)
		}
	}
	for _, e := range w.events {
		s.h.Plan.Events = append(s.h.Plan.Events, w.event(e, e.name, e.subject))
		for _, a := range e.attempts {
			d := replay.Delivery{Role: replay.RoleDuplicate, Conditions: replay.Conditions{Signature: e.sig}}
			switch {
			case a.late:
				d.Phase, d.Role, d.Wait = replay.PhaseLate, replay.RoleLate, 70*time.Second
			case a.tail:
				d.Phase = replay.PhaseTail
			}
			s.deliver(e.name, d, a.status, func(x *replay.Attempt) {
				x.Start, x.LastByte, x.End, x.Body, x.ID = moment(a.start), moment(a.start)+ms, moment(a.end), a.body, a.id
				if a.status != 0 {
					x.FirstByte = moment(a.end)
				}
			})
		}
		for _, n := range e.effects {
			s.effect(e.name, moment(n))
		}
	}
	if w.versioned {
		for _, x := range w.states {
			s.h.Effects = append(s.h.Effects, replay.Effect{Source: "sink", Subject: x.subject, Version: fmt.Sprint(x.version), Deleted: x.deleted, At: moment(x.at), Since: moment(x.at)})
		}
	}
	s.h.Marks = append(s.h.Marks, replay.Mark{Kind: replay.MarkSettled, At: time.Minute, Quiet: w.rest})
	return s.h
}

func (w bWorld) event(e bEvent, key, subject string) replay.Event {
	return replay.Event{Key: key, Type: "paid", Fixture: fmt.Sprint(e.fixture), Subject: subject, Version: fmt.Sprint(e.version), Deletes: e.deletes, Provider: "test"}
}

func (w bWorld) control(s *tale, e bEvent) {
	key, subject := "control_"+e.name, ""
	if e.subject != "" {
		subject = "control_" + e.subject + e.name
	}
	s.h.Plan.Events = append(s.h.Plan.Events, w.event(e, key, subject))
	a := s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 200)
	for range w.normal {
		s.effect(key, a.End-2*ms)
	}
	if w.versioned && subject != "" {
		s.h.Effects = append(s.h.Effects, replay.Effect{Source: "sink", Subject: subject, Version: fmt.Sprint(e.version), Deleted: e.deletes, At: a.End - 2*ms, Since: a.End - 2*ms})
	}
}
