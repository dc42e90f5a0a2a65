package audit_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// repeatedWith delivers an event of a fault and repeats it under conditions; doubled repeats are processed again.
func (s *tale) repeatedWith(fault string, doubled bool, c replay.Delivery) {
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: fault}, 200).End-2*ms)
	if c.Fault = fault; c.Role == "" {
		c.Role = replay.RoleDuplicate
	}
	a := s.deliver(key, c, 200)
	if doubled {
		s.effect(key, a.End-2*ms)
	}
}

func (s *tale) late(age time.Duration, doubled bool) {
	s.repeatedWith("late", doubled, replay.Delivery{Phase: replay.PhaseLate, Role: replay.RoleLate, Wait: age})
}

func (s *tale) racedTwice(doubled bool) {
	gate := len(s.h.Plan.Deliveries) + 1
	key := s.event("paid")
	from := s.now
	a := s.deliver(key, replay.Delivery{Fault: "race", Conditions: replay.Conditions{Gate: gate}}, 200)
	s.effect(key, a.End-2*ms)
	s.deliver(key, replay.Delivery{Fault: "race", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: gate}}, 200, at(from, a.End))
	if doubled {
		s.effect(key, a.End-ms)
	}
}

func TestMemoryOfRepetitions(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	s.repeatedWith("duplicate", false, replay.Delivery{})
	s.repeatedWith("duplicate", true, replay.Delivery{})
	s.repeatedWith("other-bytes", true, replay.Delivery{Conditions: replay.Conditions{Rewrite: replay.Rewrites()[0]}})
	s.repeatedWith("attempt-id", false, replay.Delivery{Conditions: replay.Conditions{NewAttempt: true}})
	s.repeatedWith("timeout", true, replay.Delivery{}) // no trial: what failed is redelivered
	s.racedTwice(true)
	s.racedTwice(false)
	s.late(70*time.Second, false)
	s.late(time.Hour, true)
	s.late(2*time.Hour, true)
	want := audit.Memory{Held: 70 * time.Second, Forgot: time.Hour, Trials: []audit.Trial{{Kind: "duplicate", Tried: 2, Failed: 1},
		{Kind: "race", Tried: 2, Failed: 1}, {Kind: "late", Tried: 3, Failed: 2}, {Kind: "other-bytes", Tried: 1, Failed: 1}, {Kind: "attempt-id", Tried: 1}}}
	if got := s.settle().Memory; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

// What was refused, or never answered, before its repetition is no trial of the endpoint's memory.
func TestMemoryTakesAnAcknowledgement(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	s.deliver(key, replay.Delivery{Fault: "duplicate"}, 503)
	s.effect(key, s.duplicateOf(key, 200).End-2*ms)
	if got := s.settle().Memory; len(got.Trials) != 0 {
		t.Errorf("%+v", got)
	}
}

// Without a source that counts nobody can say whether an event was known again.
func TestMemoryTakesCounts(t *testing.T) {
	s := newTale(t)
	s.h.Header.Sources = nil
	s.control("paid", 0)
	s.repeatedWith("duplicate", false, replay.Delivery{})
	s.h.Effects = nil
	if got := s.settle().Memory; len(got.Trials) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestMemoryOfPairs(t *testing.T) {
	for _, lost := range []bool{false, true} {
		s := newTale(t)
		s.control("paid", 1, subject("in_c", "5"))
		pair := func(fault string, change func(i int) func(*replay.Event)) {
			for i := range 2 {
				s.event("paid", change(i))
				key := s.h.Plan.Events[len(s.h.Plan.Events)-1].Key
				if a := s.deliver(key, replay.Delivery{Fault: fault}, 200); i == 0 || !lost {
					s.effect(key, a.End-2*ms)
				}
			}
		}
		pair("twins", func(int) func(*replay.Event) { return subject("in_1", "") })
		pair("same-id", func(i int) func(*replay.Event) { return of([]string{"acct_1", "acct_2"}[i], "evt_x") })
		failed := 0
		if lost {
			failed = 1
		}
		want := audit.Memory{Trials: []audit.Trial{{Kind: "twins", Tried: 1, Failed: failed}, {Kind: "same-id", Tried: 1, Failed: failed}}}
		if got := s.settle().Memory; !reflect.DeepEqual(got, want) {
			t.Errorf("lost %v: %+v\nwant %+v", lost, got, want)
		}
	}
}

// at replica n
func replica(n int) func(*replay.Attempt) { return func(a *replay.Attempt) { a.Replica = n } }

// Deliveries of an event meet several replicas: what each of them processed once is per process, what one processed twice is none.
func TestMemoryOfReplicas(t *testing.T) {
	for name, tc := range map[string]struct {
		replicas []int // that the event meets, one after another
		effects  []int // which of these deliveries process it
		want     audit.Memory
	}{
		"shared":        {[]int{1, 2, 1}, []int{0}, audit.Memory{Trials: []audit.Trial{{Kind: "duplicate", Tried: 1}, {Kind: "replicas", Tried: 1}}}},
		"per process":   {[]int{1, 2, 1}, []int{0, 1}, audit.Memory{PerProcess: true, Trials: []audit.Trial{{Kind: "duplicate", Tried: 1}, {Kind: "replicas", Tried: 1, Failed: 1}}}},
		"none":          {[]int{1, 2, 1}, []int{0, 1, 2}, audit.Memory{Trials: []audit.Trial{{Kind: "duplicate", Tried: 1, Failed: 1}, {Kind: "replicas", Tried: 1, Failed: 1}}}},
		"without proof": {[]int{1, 2}, []int{0, 1}, audit.Memory{Trials: []audit.Trial{{Kind: "replicas", Tried: 1, Failed: 1}}}},
		"one":           {[]int{0, 0}, []int{0}, audit.Memory{Trials: []audit.Trial{{Kind: "duplicate", Tried: 1}}}},
	} {
		s := newTale(t)
		s.control("paid", 1)
		key := s.event("paid")
		for i, r := range tc.replicas {
			d := replay.Delivery{Fault: "duplicate"}
			if i > 0 {
				d.Role = replay.RoleDuplicate
			}
			a := s.deliver(key, d, 200, replica(r))
			if slices.Contains(tc.effects, i) {
				s.effect(key, a.End-2*ms)
			}
		}
		if got := s.settle().Memory; !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %+v\nwant %+v", name, got, tc.want)
		}
	}
}

// An endpoint is done once it has answered where each effect of control was seen before, by a source that sees them happen.
func TestPrompt(t *testing.T) {
	h := func(at time.Duration, exact bool) replay.History {
		return replay.History{
			Header:   replay.Header{Sources: []replay.SourceInfo{{Label: "sink", Exact: exact, Counts: true}}},
			Plan:     replay.Plan{Events: []replay.Event{{Key: "evt_1"}}, Deliveries: []replay.Delivery{{N: 1, Event: "evt_1", Phase: replay.PhaseControl, Role: replay.RoleFirst}}},
			Attempts: []replay.Attempt{{Delivery: 1, Event: "evt_1", Outcome: replay.Acked, Status: 200, Start: 1, LastByte: 2, FirstByte: 9, End: 10}},
			Effects:  []replay.Effect{{Source: "sink", Key: "evt_1", Count: 1, At: at, Since: at}},
		}
	}
	silent := h(5, true)
	silent.Effects = nil
	for i, c := range []struct {
		h    replay.History
		want bool
	}{{h(5, true), true}, {h(11, true), false}, {h(5, false), false}, {silent, false}} {
		if got := audit.Prompt(c.h); got != c.want {
			t.Errorf("%d: %v, want %v", i, got, c.want)
		}
	}
}
