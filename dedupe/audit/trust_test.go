package audit_test

import (
	"fmt"
	"strings"
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// judgedTwice judges a tale in memory and as a stream, which must not differ.
func (s *tale) judgedTwice() audit.Verdict {
	s.t.Helper()
	v := s.settle()
	streamed := streamed(s.t, audit.StreamOptions{}, func(add func(replay.Record) error) error { return recordsOf(s.h, replay.TargetRun, add) })
	if len(v.Findings) != len(streamed.Findings) || v.Verdict != streamed.Verdict || fmt.Sprint(v.Missing) != fmt.Sprint(streamed.Missing) {
		s.t.Errorf("in memory %s (%q), as a stream %s (%q)", v.Verdict, v.Missing, streamed.Verdict, streamed.Missing)
	}
	return v
}

func refs(ids ...string) func(*replay.Event) { return func(e *replay.Event) { e.Refs = ids } }

func unsent(a *replay.Attempt) {
	*a = replay.Attempt{Delivery: a.Delivery, Event: a.Event, Start: a.Start, End: a.End, Outcome: replay.Unsent, Error: "connection refused"}
}

// once delivers an event that is processed once, and its duplicate, which is not.
func (s *tale) once(fixture string, more ...func(*replay.Event)) {
	k := s.event(fixture, more...)
	s.effect(k, s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
	s.duplicateOf(k, 200)
}

// What an answer forbids, and a fault that never took place, count in a stream as well.
func TestStreamKnowsTheSame(t *testing.T) {
	s := newTale(t)
	s.h.Header.Profile.HeedsNoRetry = true
	s.control("paid", 1)
	s.deliver(s.event("paid"), replay.Delivery{Fault: "retry"}, 500, func(a *replay.Attempt) { a.NoRetry = true })
	expect(t, s.judgedTwice(), audit.Fail, "lost-event")

	s = newTale(t)
	s.h.Plan.Settings.Redis = true
	s.control("paid", 1)
	k := s.event("paid")
	cut := replay.Delivery{Fault: "redis-cut", Conditions: replay.Conditions{Redis: &replay.RedisFault{Kind: replay.RedisCutAfter, Nth: 1}}}
	s.effect(k, s.deliver(k, cut, 200).End-2*ms)
	expect(t, s.judgedTwice(), audit.Inconclusive)
}

// An endpoint that answers first and works later may rightly leave out what is older than what came since.
func TestLaterWorkMayBeSuperseded(t *testing.T) {
	s := newTale(t)
	versions := map[string]string{"created": "1", "updated": "2", "paid": "3"}
	one := func(fixture, of string, d replay.Delivery, done bool) {
		k := s.event(fixture, subject(of, versions[fixture]))
		if a := s.deliver(k, d, 202); done {
			s.effect(k, a.End+50*ms)
		}
	}
	clean := replay.Delivery{Phase: replay.PhaseControl}
	for _, fixture := range []string{"created", "updated", "paid"} {
		for i := range 2 {
			one(fixture, fmt.Sprint(fixture, i), clean, true)
		}
	}
	for _, fixture := range []string{"created", "updated", "paid"} {
		one(fixture, "life_0", clean, true)
	}
	for _, fixture := range []string{"created", "paid", "updated"} { // shuffled: both others are older than what is known
		one(fixture, "life_1", replay.Delivery{Fault: "reorder"}, fixture == "paid")
	}
	one("paid", "last", replay.Delivery{Phase: replay.PhaseSentinel}, true)
	expect(t, s.judgedTwice(), audit.Pass)
}

// The clean event at the end: refused in control, or without an answer, it is no reason to fall over, nor one to call others lost.
func TestOddSentinels(t *testing.T) {
	s := newTale(t)
	s.h.Header.Expect = map[string]int{"paid": 1}
	s.control("other", 1)
	s.deliver(s.event("paid"), replay.Delivery{Phase: replay.PhaseControl}, 500)
	k := s.event("paid")
	s.effect(k, s.deliver(k, replay.Delivery{Phase: replay.PhaseSentinel}, 200).End-2*ms)
	s.judgedTwice()

	s = newTale(t) // its effects come after its answers
	for range 2 {
		k := s.event("paid")
		s.effect(k, s.deliver(k, replay.Delivery{Phase: replay.PhaseControl}, 202).End+50*ms)
	}
	s.deliver(s.event("paid"), replay.Delivery{Fault: "retry"}, 202)
	s.deliver(s.event("paid"), replay.Delivery{Phase: replay.PhaseSentinel}, 0)
	expect(t, s.judgedTwice(), audit.Inconclusive)
}

// A delivery and the user's own request that overlap are no race of copies.
func TestRequestIsNoRace(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	gate := func(n int) replay.Conditions { return replay.Conditions{Gate: n} }
	k := s.event("paid")
	s.effect(k, s.deliver(k, replay.Delivery{Fault: "race", Conditions: gate(1)}, 200).End-2*ms)
	s.deliver(k, replay.Delivery{Fault: "race", Role: replay.RoleDuplicate, Conditions: gate(1)}, 200)
	k = s.event("paid")
	from := s.now
	a := s.deliver(k, replay.Delivery{Fault: "with-request", Conditions: gate(2)}, 200, at(from, from+10*ms))
	s.deliver(k, replay.Delivery{Fault: "with-request", Role: replay.RoleRequest, Conditions: gate(2)}, 200, at(from, from+10*ms),
		func(a *replay.Attempt) { a.Outcome = replay.Answered })
	s.effect(k, a.End-2*ms)
	v := s.judgedTwice()
	expect(t, v, audit.Inconclusive)
	if v.Counted.Overlapped != 0 {
		t.Errorf("%d races overlapped", v.Counted.Overlapped)
	}
}

// Whatever was sent and cannot be judged is named: a fixture that control refused, a type that it was not sent, and an endpoint that never came back.
func TestWhatIsNotJudgedIsNamed(t *testing.T) {
	paid := func(e *replay.Event) { e.Type = "paid" }
	broken := func(s *tale, fixture string, more ...func(*replay.Event)) { // one is processed twice, and one not at all
		k := s.event(fixture, more...)
		s.effect(k, s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
		s.effect(k, s.duplicateOf(k, 200).End-2*ms)
		s.deliver(s.event(fixture, more...), replay.Delivery{Fault: "duplicate"}, 200)
	}
	for name, c := range map[string]struct {
		tell func(*tale)
		want string
	}{
		"one of two fixtures is refused": {func(s *tale) {
			s.deliver(s.event("paid2", paid), replay.Delivery{Phase: replay.PhaseControl}, 404)
			broken(s, "paid2", paid)
		}, "paid (2 events)"},
		"control was not sent": {func(s *tale) {
			s.deliver(s.event("refund"), replay.Delivery{Phase: replay.PhaseControl}, 200, unsent)
			broken(s, "refund")
		}, "refund (2 events)"},
		"the endpoint is gone": {func(s *tale) {
			for range 3 {
				k := s.event("paid")
				s.deliver(k, replay.Delivery{Fault: "duplicate"}, 0)
				for range 2 {
					s.deliver(k, replay.Delivery{Phase: replay.PhaseTail, Role: replay.RoleRedelivery}, 200, unsent)
				}
			}
			s.deliver(s.event("paid"), replay.Delivery{Phase: replay.PhaseSentinel}, 200, unsent)
		}, "and 2 other events"},
	} {
		s := newTale(t)
		s.control("paid", 1)
		c.tell(s)
		s.once("paid")
		v := s.judgedTwice()
		expect(t, v, audit.Inconclusive)
		if !strings.Contains(strings.Join(v.Missing, "\n"), c.want) {
			t.Errorf("%s: missing %q", name, v.Missing)
		}
	}
}

// A run that could plan nothing of what was asked for proves nothing.
func TestNothingPlanned(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	s.h.Plan.Settings.Faults = []string{"reorder"}
	s.h.Plan.Skipped = []replay.SkippedFault{{Fault: "reorder", Reason: "no subject has two events"}}
	v := s.judgedTwice()
	expect(t, v, audit.Inconclusive)
	if len(v.Missing) != 1 || !strings.Contains(v.Missing[0], "no subject has two events") {
		t.Errorf("missing %q", v.Missing)
	}

	s = newTale(t)
	s.control("paid", 1)
	s.once("paid")
	s.h.Plan.Settings.Faults, s.h.Plan.Settings.Asked = []string{"duplicate", "race", "late"}, []string{"late"}
	s.h.Plan.Skipped = []replay.SkippedFault{{Fault: "race", Reason: "no fixture was left for it"}, {Fault: "late", Reason: "give --late 70s"}}
	v = s.judgedTwice()
	expect(t, v, audit.Inconclusive)
	if len(v.Missing) != 2 || !strings.Contains(v.Missing[0], "give --late 70s") || !strings.Contains(v.Missing[1], "no fixture was left for it") {
		t.Errorf("missing %q", v.Missing)
	}
}

// A source that falls back, as a counter in memory does at a restart, makes no event lost, and hides none that was processed twice.
func TestResetSource(t *testing.T) {
	for _, again := range []bool{false, true} {
		s := newTale(t)
		s.control("paid", 1)
		k := s.event("paid")
		a := s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200)
		s.effect(k, a.End-2*ms)
		s.h.Effects = append(s.h.Effects, replay.Effect{Source: "sink", Name: "charge", Key: k, Count: -1, Since: a.End, At: a.End + 5*ms})
		if b := s.duplicateOf(k, 200); again {
			s.effect(k, b.End-2*ms)
		}
		v := s.judgedTwice()
		expect(t, v, audit.Inconclusive)
		if !strings.Contains(fmt.Sprint(v.Missing), "took effects back") {
			t.Errorf("missing %q", v.Missing)
		}
	}
}

// Effects that are counted under an id which several events share are judged together, whichever id that is, and teach nothing about each of them.
func TestSharedIDs(t *testing.T) {
	for name, c := range map[string]struct {
		tell  func(*tale)
		want  audit.Status
		codes []string
	}{
		"by customer, once each": {func(s *tale) {
			s.control("paid", 1)
			for _, of := range []string{"ch_1", "ch_2"} {
				k := s.event("paid", subject(of, "1"), refs("cus_B"))
				s.effect("cus_B", s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
				s.duplicateOf(k, 200)
			}
		}, audit.Inconclusive, nil}, // nobody knows whether one of them was lost
		"by customer, one twice": {func(s *tale) {
			s.control("paid", 1)
			for _, of := range []string{"ch_1", "ch_2"} {
				k := s.event("paid", subject(of, "1"), refs("cus_B"))
				s.effect("cus_B", s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
				if a := s.duplicateOf(k, 200); of == "ch_2" {
					s.effect("cus_B", a.End-2*ms)
				}
			}
		}, audit.Fail, []string{"double-processing"}},
		"as often as the user said": {func(s *tale) {
			s.h.Header.Expect = map[string]int{"paid": 2}
			s.control("paid", 2)
			for range 2 {
				k := s.event("paid", subject("life", "1"))
				a := s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200)
				s.effect("life", a.End-2*ms)
				s.effect("life", a.End-2*ms)
				s.duplicateOf(k, 200)
			}
		}, audit.Inconclusive, nil},
		"control shared, one alone": {func(s *tale) { // one effect is normal, not the two of control
			for _, fixture := range []string{"created", "paid"} {
				k := s.event(fixture, subject("in_1", "1"))
				s.effect("in_1", s.deliver(k, replay.Delivery{Phase: replay.PhaseControl}, 200).End-2*ms)
			}
			k := s.event("paid", subject("in_2", "1"))
			s.effect("in_2", s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
			s.duplicateOf(k, 200)
		}, audit.Inconclusive, nil},
		"a lifecycle twice":     {func(s *tale) { s.lifecycles(2, 2) }, audit.Fail, []string{"double-processing"}},
		"a lifecycle, one lost": {func(s *tale) { s.lifecycles(0, 1) }, audit.Inconclusive, nil},
	} {
		s := newTale(t)
		s.h.Plan.Settings.KeepIDs = true
		c.tell(s)
		t.Run(name, func(t *testing.T) {
			s.t = t
			expect(t, s.judgedTwice(), c.want, c.codes...)
		})
	}
}

// lifecycles delivers two events of one subject in control, whose effects are counted under it, and two with so many effects in the faults.
func (s *tale) lifecycles(effects ...int) {
	versions := map[string]string{"created": "1", "paid": "2"}
	for _, fixture := range []string{"created", "paid"} {
		k := s.event(fixture, subject("life_0", versions[fixture]))
		s.effect("life_0", s.deliver(k, replay.Delivery{Phase: replay.PhaseControl}, 200).End-2*ms)
	}
	for i, fixture := range []string{"paid", "created"} {
		k := s.event(fixture, subject("life_1", versions[fixture]))
		a := s.deliver(k, replay.Delivery{Fault: "reorder"}, 200)
		for range effects[i] {
			s.effect("life_1", a.End-2*ms)
		}
	}
}

// A piece of an unknown id, or a number that stands behind one, is no id of the plan's events.
func TestPiecesOfOtherIDs(t *testing.T) {
	for key, of := range map[string]bool{
		"email/7d444840-9dc0-11d1-b245-5ffdce74fad2/3": false, "order:3": true, "email/3/receipt": true,
		"mail:0c8d1f6e-8d0f-4d3c-9a43-3f1c2f1f7a3e:1": true,
	} {
		s := newTale(t)
		s.control("paid", 1)
		k := s.event("paid", subject("3", "1"), refs("0c8d1f6e-8d0f-4d3c-9a43-3f1c2f1f7a3e"))
		s.effect(k, s.deliver(k, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
		s.effect(key, s.duplicateOf(k, 200).End-2*ms)
		v := s.settle()
		if double := len(v.Findings) > 0; double != of {
			t.Errorf("%s: %+v", key, v.Findings)
		}
	}
}

// How often an event is to be processed holds for each source: two may see one effect.
func TestExpectedOfEachSource(t *testing.T) {
	s := newTale(t)
	s.h.Header.Expect = map[string]int{"paid": 1}
	s.control("paid", 1)
	s.once("paid")
	for _, e := range s.h.Effects {
		e.Source = "database"
		s.h.Effects = append(s.h.Effects, e)
	}
	expect(t, s.judgedTwice(), audit.Pass)
}
