package audit_test

import (
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// at moves an attempt: it starts at from and ends at to.
func at(from, to time.Duration) func(*replay.Attempt) {
	return func(a *replay.Attempt) {
		a.Start, a.LastByte, a.End = from, from+ms, to
		if a.FirstByte != 0 {
			a.FirstByte = to - ms
		}
	}
}

func body(text string) func(*replay.Attempt) { return func(a *replay.Attempt) { a.Body = text } }

func TestCleanDuplicateIsRight(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	a := s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200)
	s.effect(key, a.End-2*ms)
	s.duplicateOf(key, 200)
	expect(t, s.settle(), audit.Pass)
}

func TestDoubleAfterAck(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
	s.effect(key, s.duplicateOf(key, 200).End-2*ms)
	v := s.settle()
	expect(t, v, audit.Fail, "double-processing")
	f := v.Findings[0]
	if f.Cause != audit.AfterAck || f.Event != key || f.Effects != 2 || f.Expected != 1 || len(f.Evidence.Attempts) != 2 || len(f.Evidence.Effects) != 2 {
		t.Errorf("finding %+v", f)
	}
}

func TestDoubleConcurrent(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	from := s.now
	for range 2 {
		a := s.deliver(key, replay.Delivery{Fault: "race", Conditions: replay.Conditions{Gate: 1}}, 200, at(from, from+10*ms))
		s.effect(key, a.End-2*ms)
	}
	v := s.settle()
	expect(t, v, audit.Fail, "double-processing")
	if f := v.Findings[0]; f.Cause != audit.Concurrent || f.Evidence.Gate == nil || !f.Evidence.Gate.Overlapped {
		t.Errorf("cause %s, gate %+v", f.Cause, f.Evidence.Gate)
	}
}

func TestDoubleByReexecution(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "retry"}, 500).End-2*ms)
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "retry", Role: replay.RoleRedelivery}, 200).End-2*ms)
	v := s.settle()
	expect(t, v, audit.Fail, "double-processing")
	if v.Findings[0].Cause != audit.Reexecution {
		t.Errorf("cause %s", v.Findings[0].Cause)
	}
}

// A handler that works on after the sender hung up runs beside the redelivery.
func TestHangUpOverlapsItsRedelivery(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	half := 0.5
	a := s.deliver(key, replay.Delivery{Fault: "timeout", Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: &half}}}, 0,
		func(a *replay.Attempt) { a.End, a.Fired = a.LastByte+4*ms, true })
	b := s.deliver(key, replay.Delivery{Fault: "timeout", Role: replay.RoleRedelivery}, 200, at(a.End, a.End+10*ms))
	s.effect(key, a.End+4*ms)
	s.effect(key, b.End-2*ms)
	v := s.settle()
	expect(t, v, audit.Fail, "double-processing")
	if v.Findings[0].Cause != audit.Concurrent {
		t.Errorf("cause %s", v.Findings[0].Cause)
	}
}

func TestRefusedAttemptMayOrMayNotHaveHadItsEffect(t *testing.T) {
	for _, effects := range []int{1, 2} {
		s := newTale(t)
		s.control("paid", 2) // a ledger pair is two
		key := s.event("paid")
		a := s.deliver(key, replay.Delivery{Fault: "retry"}, 500)
		b := s.deliver(key, replay.Delivery{Fault: "retry", Role: replay.RoleRedelivery}, 200)
		for range effects {
			s.effect(key, a.End-2*ms)
		}
		for range 2 - effects {
			s.effect(key, b.End-2*ms)
		}
		expect(t, s.settle(), audit.Pass)
	}
}

func TestLost(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	from := s.now
	s.deliver(key, replay.Delivery{Fault: "race", Conditions: replay.Conditions{Gate: 1}}, 500, at(from, from+40*ms))
	s.deliver(key, replay.Delivery{Fault: "race", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: 1}}, 200, at(from, from+5*ms))
	v := s.settle()
	expect(t, v, audit.Fail, "lost-event")
	if f := v.Findings[0]; f.Effects != 0 || f.Expected != 1 || !strings.Contains(f.Advice, "503") {
		t.Errorf("finding %+v", f)
	}
}

func TestHalfALedgerPairIsLost(t *testing.T) {
	s := newTale(t)
	s.control("paid", 2)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "retry"}, 200).End-2*ms)
	expect(t, s.settle(), audit.Fail, "lost-event")
}

func TestLostNeedsRest(t *testing.T) {
	lost := func(t *testing.T) *tale {
		s := newTale(t)
		s.control("paid", 1)
		s.deliver(s.event("paid"), replay.Delivery{Fault: "retry"}, 200)
		return s
	}
	for name, spoil := range map[string]func(*tale) audit.Verdict{
		"the bound cut the wait": func(s *tale) audit.Verdict {
			s.h.Marks = append(s.h.Marks, replay.Mark{Kind: replay.MarkSettled, At: s.now})
			return audit.Judge(s.h, nil)
		},
		"nobody waited":        func(s *tale) audit.Verdict { return audit.Judge(s.h, nil) },
		"the journal was torn": func(s *tale) audit.Verdict { s.h.Complete = false; return s.settle() },
		"the run was stopped": func(s *tale) audit.Verdict {
			s.h.Marks = append(s.h.Marks, replay.Mark{Kind: replay.MarkStopped, Text: "interrupted"})
			return s.settle()
		},
		"the source failed": func(s *tale) audit.Verdict {
			v := s.h.Marks
			s.h.Marks = append(v, replay.Mark{Kind: replay.MarkSource, Text: "connection refused"})
			return audit.Judge(s.h, nil)
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := spoil(lost(t))
			expect(t, v, audit.Inconclusive)
			if len(v.Missing) == 0 {
				t.Error("inconclusive without saying what is missing")
			}
		})
	}
}

// An asynchronous endpoint whose sentinel shows no effect may only be slow.
func TestMissingSentinelLeavesLossOpen(t *testing.T) {
	s := newTale(t)
	for range 2 {
		key := s.event("paid")
		s.effect(key, s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 202).End+50*ms)
	}
	s.deliver(s.event("paid"), replay.Delivery{Fault: "retry"}, 202)
	s.deliver(s.event("paid"), replay.Delivery{Phase: replay.PhaseSentinel}, 202)
	expect(t, s.settle(), audit.Inconclusive)
}

func TestSentinelThereMakesLossProven(t *testing.T) {
	s := newTale(t)
	for range 2 {
		key := s.event("paid")
		s.effect(key, s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 202).End+50*ms)
	}
	s.deliver(s.event("paid"), replay.Delivery{Fault: "retry"}, 202)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Phase: replay.PhaseSentinel}, 202).End+50*ms)
	expect(t, s.settle(), audit.Fail, "lost-event")
}

func TestIgnoredTypesAreListedAndNotJudged(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	s.control("viewed", 0)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
	s.duplicateOf(key, 200)
	other := s.event("viewed")
	s.deliver(other, replay.Delivery{Fault: "duplicate"}, 200)
	s.duplicateOf(other, 200)
	v := s.settle()
	expect(t, v, audit.Pass)
	for _, r := range v.Types {
		if want := map[string]string{"paid": "judged", "viewed": "ignored"}[r.Type]; r.Judgement != want {
			t.Errorf("type %s is %s, want %s", r.Type, r.Judgement, want)
		}
	}
}

func TestAllIgnoredIsInconclusive(t *testing.T) {
	s := newTale(t)
	s.control("viewed", 0)
	s.deliver(s.event("viewed"), replay.Delivery{Fault: "retry"}, 200)
	expect(t, s.settle(), audit.Inconclusive)
}

func TestExpectedEffectsOverrideControl(t *testing.T) {
	for _, tc := range []struct {
		expect, effects int
		want            audit.Status
		codes           []string
	}{
		{1, 1, audit.Pass, nil}, {1, 0, audit.Fail, []string{"lost-event"}}, {1, 2, audit.Fail, []string{"double-processing"}},
	} {
		s := newTale(t)
		s.h.Header.Expect = map[string]int{"paid": tc.expect}
		s.control("other", 1)
		s.control("paid", tc.expect)
		key := s.event("paid")
		a := s.deliver(key, replay.Delivery{Fault: "retry"}, 200)
		for range tc.effects {
			s.effect(key, a.End-2*ms)
		}
		expect(t, s.settle(), tc.want, tc.codes...)
	}
}

func TestNoEffectSourceIsInconclusive(t *testing.T) {
	s := newTale(t)
	s.h.Header.Sources = nil
	s.control("paid", 0)
	s.deliver(s.event("paid"), replay.Delivery{Fault: "retry"}, 200)
	v := s.settle()
	expect(t, v, audit.Inconclusive)
	if !strings.Contains(strings.Join(v.Missing, " "), "--effects") {
		t.Errorf("missing %q does not name --effects", v.Missing)
	}
}

func TestForeignKeysAreNeverLost(t *testing.T) {
	s := newTale(t)
	s.control("paid", 0)
	s.effect("row-17", s.now)
	s.deliver(s.event("paid"), replay.Delivery{Fault: "retry"}, 200)
	v := s.settle()
	expect(t, v, audit.Inconclusive)
	if !strings.Contains(strings.Join(v.Missing, " "), "--effect-key") {
		t.Errorf("missing %q does not name --effect-key", v.Missing)
	}
}

func TestCountedByPaymentIntentAndByDecoratedKey(t *testing.T) {
	for name, keyOf := range map[string]func(replay.Event) string{
		"reference": func(e replay.Event) string { return e.Refs[0] },
		"subject":   func(e replay.Event) string { return e.Subject },
		"decorated": func(e replay.Event) string { return "charge:" + e.Key },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			deliver := func(d replay.Delivery) {
				n := len(s.h.Plan.Events)
				key := s.event("paid", func(e *replay.Event) {
					e.Subject, e.Version, e.Refs = "ch_"+string(rune('a'+n)), "1", []string{"pi_" + string(rune('a'+n))}
				})
				s.effect(keyOf(s.h.Plan.Events[n]), s.deliver(key, d, 200).End-2*ms)
				if d.Fault != "" {
					s.effect(keyOf(s.h.Plan.Events[n]), s.duplicateOf(key, 200).End-2*ms)
				}
			}
			deliver(replay.Delivery{Phase: replay.PhaseControl})
			deliver(replay.Delivery{Phase: replay.PhaseControl})
			deliver(replay.Delivery{Fault: "duplicate"})
			expect(t, s.settle(), audit.Fail, "double-processing")
		})
	}
}

func TestRefusedInControlIsNotStuck(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	s.deliver(s.event("unknown-object"), replay.Delivery{Phase: replay.PhaseControl}, 404)
	key := s.event("unknown-object")
	s.deliver(key, replay.Delivery{Fault: "retry"}, 404)
	for range 2 {
		s.deliver(key, replay.Delivery{Phase: replay.PhaseTail, Role: replay.RoleRedelivery}, 404)
	}
	v := s.settle()
	expect(t, v, audit.Inconclusive)
	if !strings.Contains(strings.Join(v.Missing, " "), "--keep-ids") {
		t.Errorf("missing %q does not advise --keep-ids", v.Missing)
	}
}

func TestStuck(t *testing.T) {
	for tail, want := range map[int]audit.Status{2: audit.Fail, 1: audit.Pass} {
		s := newTale(t)
		s.control("paid", 1)
		ok := s.event("paid")
		s.effect(ok, s.deliver(ok, replay.Delivery{Fault: "retry"}, 200).End-2*ms)
		key := s.event("paid")
		s.deliver(key, replay.Delivery{Fault: "retry"}, 500)
		for range tail {
			s.deliver(key, replay.Delivery{Phase: replay.PhaseTail, Role: replay.RoleRedelivery}, 500)
		}
		if v := s.settle(); v.Verdict != want {
			t.Errorf("%d fault-free attempts: %s, want %s", tail, v.Verdict, want)
		}
	}
}

func TestNothingAcknowledgedInControl(t *testing.T) {
	s := newTale(t)
	s.deliver(s.event("paid"), replay.Delivery{Phase: replay.PhaseControl}, 401)
	v := s.settle()
	expect(t, v, audit.Inconclusive)
	if !strings.Contains(strings.Join(v.Missing, " "), "--secret") {
		t.Errorf("missing %q does not ask about --secret", v.Missing)
	}
}

func TestReference(t *testing.T) {
	good := func() *tale {
		s := newTale(t)
		s.h.Header.Reference = audit.Hardened
		s.control("paid", 1)
		key := s.event("paid")
		s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
		s.duplicateOf(key, 200)
		s.h.Marks = append(s.h.Marks, replay.Mark{Kind: replay.MarkSettled, At: s.now, Quiet: true})
		return s
	}
	target, reference := good().h, good().h
	expect(t, audit.Judge(target, &reference), audit.Pass)
	expect(t, audit.Judge(target, nil), audit.Inconclusive)

	reference.Effects = append(reference.Effects, reference.Effects[len(reference.Effects)-1])
	v := audit.Judge(target, &reference)
	expect(t, v, audit.Inconclusive)
	if !strings.Contains(v.Missing[0], "hardened reference failed") {
		t.Errorf("missing %q", v.Missing)
	}
	target.Header.Reference, reference.Header.Reference = "article", "article"
	expect(t, audit.Judge(target, &reference), audit.Pass)
}

// One flipped effect must change the verdict: of the target and of the reference.
func TestMutations(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
	s.duplicateOf(key, 200)
	expect(t, s.settle(), audit.Pass)
	last := len(s.h.Effects) - 1
	more, less := s.h, s.h
	more.Effects = append(append([]replay.Effect{}, s.h.Effects...), s.h.Effects[last])
	less.Effects = s.h.Effects[:last]
	expect(t, audit.Judge(more, nil), audit.Fail, "double-processing")
	expect(t, audit.Judge(less, nil), audit.Fail, "lost-event")
}
