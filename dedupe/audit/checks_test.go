package audit_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// lifecycle delivers two versions of a subject in the order given, in control or as a reorder.
func (s *tale) lifecycle(phase replay.Phase, name string, versions ...string) {
	for _, v := range versions {
		key := s.event("updated-"+v, subject(name, v))
		d := replay.Delivery{Phase: phase}
		if phase == replay.PhaseFault {
			d.Fault = "reorder"
			if slices.IsSortedFunc(versions, replay.CompareVersions) {
				d.Fault = "retry" // not reordered at all
			}
		}
		s.effect(key, s.deliver(key, d, 200).End-2*ms)
	}
}

func stateful(t *testing.T) *tale {
	s := newTale(t)
	for _, v := range []string{"9", "10"} {
		key := s.event("updated-"+v, subject("alone_"+v, v))
		s.effect(key, s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 200).End-2*ms)
		s.state("alone_"+v, v, s.now)
	}
	s.lifecycle(replay.PhaseControl, "cus_c", "9", "10")
	s.state("cus_c", "9", s.now)
	s.state("cus_c", "10", s.now)
	return s
}

func TestReorderedAndKept(t *testing.T) {
	s := stateful(t)
	s.lifecycle(replay.PhaseFault, "cus_1", "10", "9")
	s.state("cus_1", "10", s.now)
	expect(t, s.settle(), audit.Pass)
}

func TestStaleFinalAndRegress(t *testing.T) {
	s := stateful(t)
	s.lifecycle(replay.PhaseFault, "cus_1", "10", "9")
	s.state("cus_1", "10", s.now)
	s.state("cus_1", "9", s.now+ms)
	expect(t, s.settle(), audit.Fail, "stale-final", "regress")
}

func TestStaleFinalAlone(t *testing.T) {
	s := stateful(t)
	s.lifecycle(replay.PhaseFault, "cus_1", "10", "9")
	s.state("cus_1", "9", s.now) // the 10 was never seen
	expect(t, s.settle(), audit.Fail, "stale-final")
}

// An older event that is discarded because a newer one is known has no effect, and is not lost.
func TestSupersededIsNotLost(t *testing.T) {
	s := stateful(t)
	s.lifecycle(replay.PhaseFault, "cus_1", "10")
	older := s.event("updated-9", subject("cus_1", "9"))
	s.deliver(older, replay.Delivery{Fault: "reorder"}, 200)
	s.state("cus_1", "10", s.now)
	v := s.settle()
	expect(t, v, audit.Pass)
	for _, r := range v.Events {
		if r.Key == older && r.Judgement != "superseded" {
			t.Errorf("the older event is %s", r.Judgement)
		}
	}
}

// Equal versions and ranks are unordered: either may be the last, and either may be discarded.
func TestTiesAreNoBreach(t *testing.T) {
	s := stateful(t)
	a, b := s.event("updated-10", subject("cus_1", "10")), s.event("updated-9", subject("cus_1", "10"))
	s.effect(a, s.deliver(a, replay.Delivery{Fault: "reorder"}, 200).End-2*ms)
	s.state("cus_1", "10", s.now)
	s.deliver(b, replay.Delivery{Fault: "reorder"}, 200)
	for _, f := range s.settle().Findings {
		t.Errorf("a tie gives %s: %s", f.Code, f.Message)
	}
}

// A source that numbers its rows by itself says nothing about the provider's versions.
func TestForeignVersionsAreNotCompared(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1, subject("cus_1", "1700000000"))
	s.state("cus_1", "2", s.now)
	s.state("cus_1", "1", s.now)
	key := s.event("paid", subject("cus_9", "1700000000"))
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "retry"}, 200).End-2*ms)
	v := s.settle()
	expect(t, v, audit.Pass)
	if c := checkNamed(t, v, "stale-final"); c.Status != audit.NotRequested || c.Reason == "" {
		t.Errorf("stale-final is %s: %q", c.Status, c.Reason)
	}
}

func checkNamed(t *testing.T, v audit.Verdict, name string) audit.CheckResult {
	t.Helper()
	for _, c := range v.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %s", name)
	return audit.CheckResult{}
}

func TestSignatures(t *testing.T) {
	for _, tc := range []struct {
		kind   replay.Signature
		status int
		effect bool
		want   string
	}{
		{replay.SignMissing, 401, false, ""},
		{replay.SignMissing, 200, false, "signature-bypass"},
		{replay.SignWrongKey, 400, true, "signature-bypass"},
		{replay.SignTampered, 200, true, "signature-bypass"},
		{replay.SignStale, 200, false, "stale-signature"},
		{replay.SignStale, 400, false, ""},
	} {
		s := newTale(t)
		s.control("paid", 1)
		key := s.event("paid")
		a := s.deliver(key, replay.Delivery{Fault: "bad-signature", Conditions: replay.Conditions{Signature: tc.kind}}, tc.status)
		if tc.effect {
			s.effect(key, a.End-2*ms)
		}
		v := s.settle()
		if tc.want == "" {
			expect(t, v, audit.Pass)
		} else {
			expect(t, v, audit.Fail, tc.want)
		}
	}
}

func TestWrongRejection(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	s.deliver(key, replay.Delivery{Fault: "retry"}, 401)
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "retry", Role: replay.RoleRedelivery}, 200).End-2*ms)
	expect(t, s.settle(), audit.Fail, "wrong-rejection")
}

func TestPrematureAck(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	from := s.now
	s.deliver(key, replay.Delivery{Fault: "race", Conditions: replay.Conditions{Gate: 1}}, 200, at(from, from+40*ms))
	s.deliver(key, replay.Delivery{Fault: "race", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: 1}}, 200, at(from, from+5*ms))
	s.effect(key, from+30*ms)
	expect(t, s.settle(), audit.Pass, "premature-ack")
}

// A durable inbox acknowledges first on purpose, and control shows it.
func TestInboxIsNotPremature(t *testing.T) {
	s := newTale(t)
	for range 2 {
		key := s.event("paid")
		s.effect(key, s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 202).End+20*ms)
	}
	key := s.event("paid")
	from := s.now
	for range 2 {
		s.deliver(key, replay.Delivery{Fault: "race", Conditions: replay.Conditions{Gate: 1}}, 202, at(from, from+10*ms))
	}
	s.effect(key, from+40*ms)
	expect(t, s.settle(), audit.Pass)
}

// What the provider dropped because the endpoint said so is lost, unless it had its effect all the same.
func TestAnswerThatMakesTheProviderDropTheEvent(t *testing.T) {
	for name, c := range map[string]struct {
		status  int
		effects int
		want    []string
	}{"given up": {406, 0, []string{"lost-event"}}, "given up with its effect": {406, 1, nil}} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.h.Header.Profile.GiveUp = []replay.StatusRange{{From: 406, To: 406}}
			s.control("paid", 1)
			key := s.event("paid")
			a := s.deliver(key, replay.Delivery{Fault: "retry"}, c.status)
			for range c.effects {
				s.effect(key, a.End-2*ms)
			}
			verdict := audit.Pass
			if c.want != nil {
				verdict = audit.Fail
			}
			expect(t, s.settle(), verdict, c.want...)
		})
	}
}

func TestNoisyDuplicate(t *testing.T) {
	for status, codes := range map[int][]string{409: {"noisy-duplicate"}, 429: nil} {
		s := newTale(t)
		s.control("paid", 1)
		key := s.event("paid")
		s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
		s.duplicateOf(key, status)
		expect(t, s.settle(), audit.Pass, codes...)
	}
}

// 503 to a copy that came while the first was at work is what the reference does.
func TestBusyAnswerIsNotNoisy(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	from := s.now
	a := s.deliver(key, replay.Delivery{Fault: "race", Conditions: replay.Conditions{Gate: 1}}, 200, at(from, from+40*ms))
	s.deliver(key, replay.Delivery{Fault: "race", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: 1}}, 503, at(from, from+5*ms))
	s.effect(key, a.End-2*ms)
	expect(t, s.settle(), audit.Pass)
}

func TestReplayDiffers(t *testing.T) {
	for _, tc := range []struct {
		first, second string
		volatile      []string
		codes         []string
	}{
		{`{"a":1}`, `{"a":1}`, nil, nil},
		{`{"a":1}`, `{"a":2}`, nil, []string{"replay-differs"}},
		{`{"a":1,"at":5}`, `{"a":1,"at":6}`, []string{"at"}, nil},
		{`{"a":1,"at":5}`, `{"a":2,"at":6}`, []string{"at"}, []string{"replay-differs"}},
		{`ok`, `OK`, []string{"at"}, []string{"replay-differs"}},
	} {
		s := newTale(t)
		s.h.Header.Volatile = tc.volatile
		s.control("paid", 1)
		key := s.event("paid")
		s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200, body(tc.first)).End-2*ms)
		s.duplicateOf(key, 200, body(tc.second))
		expect(t, s.settle(), audit.Pass, tc.codes...)
	}
}

func TestSlowAck(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	a := s.deliver(key, replay.Delivery{Fault: "retry"}, 200, at(s.now, s.now+9*time.Second))
	s.effect(key, a.End-2*ms)
	expect(t, s.settle(), audit.Pass, "slow-ack")
}

func TestWindowTooShort(t *testing.T) {
	s := newTale(t)
	s.h.Plan.Settings.Late = []time.Duration{70 * time.Second}
	s.control("paid", 1)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "late"}, 200).End-2*ms)
	late := replay.Delivery{Phase: replay.PhaseLate, Fault: "late", Role: replay.RoleLate, Wait: 70 * time.Second}
	s.effect(key, s.deliver(key, late, 200).End-2*ms)
	v := s.settle()
	expect(t, v, audit.Fail, "double-processing", "window-too-short")
	if v.LateTested != 70*time.Second {
		t.Errorf("late tested %v", v.LateTested)
	}
}

func TestRacesThatNeverOverlapAreInconclusive(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "race", Conditions: replay.Conditions{Gate: 1}}, 200).End-2*ms)
	s.deliver(key, replay.Delivery{Fault: "race", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: 1}}, 200)
	v := s.settle()
	expect(t, v, audit.Inconclusive)
	if !strings.Contains(strings.Join(v.Missing, " "), "never overlapped") {
		t.Errorf("missing %q", v.Missing)
	}
}

func TestSerialServerIsInconclusive(t *testing.T) {
	for name, c := range map[string]struct {
		alone, first, step time.Duration // alone is the latency of a request of the control phase that nothing accompanied
		want               audit.Status
		held               time.Duration // for how long all requests of a probe but one lack their last bytes
		blocks             bool          // the one that is whole is answered after them
	}{
		"serial":                              {10 * ms, 10 * ms, 8 * ms, audit.Inconclusive, 0, false},
		"serial, slower alone":                {10 * ms, 5 * ms, 4 * ms, audit.Inconclusive, 0, false},
		"serial, waits for what is held back": {10 * ms, 10 * ms, 8 * ms, audit.Inconclusive, 40 * ms, true},
		"serial, with next to nothing to do":  {3 * ms, 3 * ms, ms / 10, audit.Inconclusive, 12 * ms, true},
		"all at once, with next to nothing":   {3 * ms, 3 * ms, ms / 10, audit.Pass, 12 * ms, false},
		"all wait for one lock":               {10 * ms, 10 * ms, 8 * ms, audit.Pass, 40 * ms, false},
		"all at once":                         {10 * ms, 10 * ms, 0, audit.Pass, 0, false},
		"all at once on one busy core":        {2 * ms, 12 * ms, 2 * ms, audit.Pass, 0, false},
		"all at once, slow to answer any":     {20 * ms, 12 * ms, 7 * ms, audit.Pass, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			for range 2 {
				key, from := s.event("paid"), s.now
				s.effect(key, s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 200, at(from, from+c.alone)).End-ms)
			}
			gate := func(phase replay.Phase, fault string, n int, events ...string) {
				from := s.now
				for i, key := range events {
					d := replay.Delivery{Phase: phase, Fault: fault, Conditions: replay.Conditions{Gate: n}}
					to := from + c.first + time.Duration(i)*c.step
					switch {
					case phase != replay.PhaseControl:
					case i == 0 && c.blocks:
						to += c.held
					case i == 1:
						from, to = from+c.held, to+c.held
					}
					a := s.deliver(key, d, 200, at(from, to))
					if phase == replay.PhaseControl || i == 0 {
						s.effect(key, a.End-ms)
					}
				}
			}
			for n := range 3 {
				gate(replay.PhaseControl, "", n+1, s.event("paid"), s.event("paid"), s.event("paid"), s.event("paid"), s.event("paid"), s.event("paid"))
			}
			key := s.event("paid")
			gate(replay.PhaseFault, "race", 9, key, key)
			v := s.settle()
			if v.Verdict != c.want {
				t.Errorf("verdict %s (%q), want %s", v.Verdict, v.Missing, c.want)
			}
			if told := strings.Contains(strings.Join(v.Notes, " "), "answered one after another"); told != (name == "all wait for one lock") {
				t.Errorf("told that it may be serial: %t", told)
			}
		})
	}
}

func TestFaultThatNeverFiredIsInconclusive(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	half := 0.5
	key := s.event("paid")
	d := replay.Delivery{Fault: "timeout", Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: &half}}}
	s.effect(key, s.deliver(key, d, 200).End-2*ms)
	v := s.settle()
	expect(t, v, audit.Inconclusive)
	if !strings.Contains(strings.Join(v.Missing, " "), "timeout") {
		t.Errorf("missing %q", v.Missing)
	}
}

// Nothing refused means nothing to redeliver: that is no gap in the evidence.
func TestRetryNeedNotFire(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1)
	key := s.event("paid")
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "retry"}, 200).End-2*ms)
	s.h.Plan.Deliveries = append(s.h.Plan.Deliveries, replay.Delivery{N: len(s.h.Plan.Deliveries) + 1, Event: key,
		Phase: replay.PhaseFault, Fault: "retry", Role: replay.RoleRedelivery})
	expect(t, s.settle(), audit.Pass)
}
