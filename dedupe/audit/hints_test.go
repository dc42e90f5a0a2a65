package audit_test

import (
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func of(source, id string) func(*replay.Event) {
	return func(e *replay.Event) { e.Source, e.ID, e.Key = source, id, source+"/"+id }
}

func TestMergedBySource(t *testing.T) {
	for _, effectKey := range []string{"acct_1/evt_x", "evt_x"} { // an endpoint may count by either
		s := newTale(t)
		s.control("paid", 1)
		for i, account := range []string{"acct_1", "acct_2"} {
			s.event("paid", of(account, "evt_x"))
			if a := s.deliver(account+"/evt_x", replay.Delivery{Fault: "retry"}, 200); i == 0 {
				s.effect(effectKey, a.End-2*ms)
			}
		}
		expect(t, s.settle(), audit.Fail, "lost-event", "merged")
	}
}

func TestTwoSourcesKeptApart(t *testing.T) {
	for _, keys := range [][]string{{"acct_1/evt_x", "acct_2/evt_x"}, {"evt_x", "evt_x"}} {
		s := newTale(t)
		s.control("paid", 1)
		for i, account := range []string{"acct_1", "acct_2"} {
			s.event("paid", of(account, "evt_x"))
			s.effect(keys[i], s.deliver(account+"/evt_x", replay.Delivery{Fault: "retry"}, 200).End-2*ms)
		}
		expect(t, s.settle(), audit.Pass)
	}
}

func TestMergedTwins(t *testing.T) {
	for name, effects := range map[string]int{"both": 2, "one": 1} {
		s := newTale(t)
		s.control("paid", 1, subject("in_c", "5"))
		for i := range 2 {
			key := s.event("paid", subject("in_1", "7"))
			if a := s.deliver(key, replay.Delivery{Fault: "retry"}, 200); i < effects {
				s.effect(key, a.End-2*ms)
			}
		}
		if v := s.settle(); name == "both" {
			expect(t, v, audit.Pass)
		} else {
			expect(t, v, audit.Fail, "lost-event", "merged")
		}
	}
}

// A lost event that resembles no other has another cause.
func TestLostIsNotMerged(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	s.deliver(s.event("paid", subject("in_1", "7")), replay.Delivery{Fault: "retry"}, 200)
	key := s.event("paid", subject("in_2", "7"))
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "retry"}, 200).End-2*ms)
	expect(t, s.settle(), audit.Fail, "lost-event")
}

func attempt(id string) func(*replay.Attempt) { return func(a *replay.Attempt) { a.ID = id } }

func TestPerAttemptKey(t *testing.T) {
	for name, tc := range map[string]struct {
		duplicate, redelivery int // effects of each
		want                  audit.Status
		codes                 []string
	}{
		"per attempt": {0, 1, audit.Fail, []string{"double-processing", "per-attempt-key"}},
		"no key":      {1, 1, audit.Fail, []string{"double-processing"}},
		"right":       {0, 0, audit.Pass, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.control("paid", 1)
			key := s.event("paid")
			s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200, attempt("1")).End-2*ms)
			for range tc.duplicate {
				s.effect(key, s.now+2*ms)
			}
			s.duplicateOf(key, 200, attempt("1"))
			for range tc.redelivery {
				s.effect(key, s.now+2*ms)
			}
			s.duplicateOf(key, 200, attempt("2"))
			expect(t, s.settle(), tc.want, tc.codes...)
		})
	}
}

// Without two deliveries of one id, no deduplication at all would look the same.
func TestPerAttemptKeyNeedsContrast(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	for _, id := range []string{"1", "2"} {
		s.effect(key, s.now+2*ms)
		s.deliver(key, replay.Delivery{Fault: "duplicate", Role: replay.RoleDuplicate}, 200, attempt(id))
	}
	expect(t, s.settle(), audit.Fail, "double-processing")
}

// What no provider is known to commit is no reason to fail a run.
func TestFaultsThatNobodyCommitsGiveHints(t *testing.T) {
	for fault, want := range map[string]audit.Status{"retry": audit.Fail, "twins": audit.Pass, "same-id": audit.Pass, "rebatch": audit.Pass} {
		s := newTale(t)
		s.control("paid", 1, subject("in_c", "5"))
		for i := range 2 {
			key := s.event("paid", subject("in_1", "7"))
			d := replay.Delivery{Fault: fault}
			if i > 0 && fault == "rebatch" {
				s.deliver(key, d, 200)
				d.Role = replay.RoleDuplicate
			}
			if a := s.deliver(key, d, 200); i == 0 {
				s.effect(key, a.End-2*ms)
			}
		}
		v := s.settle()
		if v.Verdict != want {
			t.Errorf("%s: verdict %s, want %s; missing %v", fault, v.Verdict, want, v.Missing)
		}
		for _, f := range v.Findings {
			if (f.Severity == audit.Hint) != (want == audit.Pass || f.Code == "merged") {
				t.Errorf("%s: %s is a %s", fault, f.Code, f.Severity)
			}
		}
		if len(v.Findings) == 0 {
			t.Errorf("%s: nothing found", fault)
		}
	}
}
