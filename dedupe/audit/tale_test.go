package audit_test

import (
	"fmt"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

const ms = time.Millisecond

// tale tells a history by hand, one event after another.
type tale struct {
	t   *testing.T
	h   replay.History
	now time.Duration
}

func newTale(t *testing.T) *tale {
	return &tale{t: t, h: replay.History{
		Header: replay.Header{Schema: replay.JournalSchema, Patience: 10 * time.Second, TimeScale: 1,
			Profile: replay.Profile{Name: "test", Success: []replay.StatusRange{{From: 200, To: 299}},
				RetrySpan: 72 * time.Hour, Tolerance: 300 * time.Second},
			Sources: []replay.SourceInfo{{Label: "sink", Exact: true, Counts: true, States: true}}},
		Plan:     replay.Plan{Schema: replay.PlanSchema, Settings: replay.PlanSettings{Signed: true}},
		Complete: true,
	}}
}

// event adds an event of a fixture; its type is the fixture's name.
func (s *tale) event(fixture string, more ...func(*replay.Event)) string {
	key := fmt.Sprintf("evt_%d", len(s.h.Plan.Events)+1)
	e := replay.Event{Key: key, Type: fixture, Fixture: fixture + ".json", Provider: "test"}
	for _, m := range more {
		m(&e)
	}
	s.h.Plan.Events = append(s.h.Plan.Events, e)
	return key
}

func subject(name, version string) func(*replay.Event) {
	return func(e *replay.Event) { e.Subject, e.Version = name, version }
}

// deliver plans a delivery and says what became of it: it started after the last
// one ended and took 10 ms, unless change says otherwise.
func (s *tale) deliver(key string, d replay.Delivery, status int, change ...func(*replay.Attempt)) replay.Attempt {
	d.N, d.Event = len(s.h.Plan.Deliveries)+1, key
	if d.Phase == "" {
		d.Phase = replay.PhaseFault
	}
	if d.Role == "" {
		d.Role = replay.RoleFirst
	}
	s.h.Plan.Deliveries = append(s.h.Plan.Deliveries, d)
	a := replay.Attempt{Delivery: d.N, Event: key, Start: s.now, LastByte: s.now + ms, FirstByte: s.now + 9*ms, End: s.now + 10*ms, Status: status}
	switch {
	case status == 0:
		a.Outcome, a.FirstByte, a.Error = replay.Unknown, 0, "timeout"
	case status < 300:
		a.Outcome = replay.Acked
	default:
		a.Outcome = replay.Refused
	}
	for _, c := range change {
		c(&a)
	}
	s.now = max(s.now, a.End) + 10*ms
	s.h.Attempts = append(s.h.Attempts, a)
	return a
}

func (s *tale) effect(key string, at time.Duration) {
	s.h.Effects = append(s.h.Effects, replay.Effect{Source: "sink", Name: "charge", Key: key, Count: 1, At: at, Since: at})
}

func (s *tale) state(subject, version string, at time.Duration) {
	s.h.Effects = append(s.h.Effects, replay.Effect{Source: "sink", Subject: subject, Version: version, At: at, Since: at})
}

// control delivers a fixture twice, cleanly, with so many effects each.
func (s *tale) control(fixture string, effects int, more ...func(*replay.Event)) {
	for range 2 {
		key := s.event(fixture, more...)
		a := s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 200)
		for range effects {
			s.effect(key, a.End-2*ms)
		}
	}
}

// settle ends the tale and judges it.
func (s *tale) settle() audit.Verdict {
	s.h.Marks = append(s.h.Marks, replay.Mark{Kind: replay.MarkSettled, At: s.now, Quiet: true})
	return audit.Judge(s.h, nil)
}

// duplicateOf delivers an event again.
func (s *tale) duplicateOf(key string, status int, change ...func(*replay.Attempt)) replay.Attempt {
	return s.deliver(key, replay.Delivery{Fault: "duplicate", Role: replay.RoleDuplicate}, status, change...)
}

func expect(t *testing.T, v audit.Verdict, want audit.Status, codes ...string) {
	t.Helper()
	got := map[string]int{}
	for _, f := range v.Findings {
		got[f.Code]++
	}
	for _, c := range codes {
		if got[c] == 0 {
			t.Errorf("no finding %s; there are %v", c, got)
		}
		delete(got, c)
	}
	if len(got) > 0 {
		t.Errorf("findings nobody expected: %v: %+v", got, v.Findings)
	}
	if v.Verdict != want {
		t.Errorf("verdict %s (missing %q), want %s", v.Verdict, v.Missing, want)
	}
}
