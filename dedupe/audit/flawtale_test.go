package audit_test

import (
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// watched is a tale whose endpoint asks its Redis through a proxy.
func watched(t *testing.T) *tale {
	s := newTale(t)
	s.h.Plan.Settings.Redis = true
	s.h.Header.Profile.RetryHeader, s.h.Header.Profile.AttemptID = "X-Retry", "X-Attempt"
	return s
}

// claim has an attempt claim its event.
func (s *tale) claim(a replay.Attempt, reply string) {
	s.h.Commands = append(s.h.Commands, replay.Command{At: a.LastByte + ms, End: a.LastByte + ms + ms/2, Event: a.Event, Name: "SET",
		Args: []string{"lock:" + a.Event, "t", "EX", "60", "NX"}, Reply: reply})
}

// named expects that all findings of a code have one name; "" for none.
func named(t *testing.T, v audit.Verdict, code, want string) {
	t.Helper()
	found := false
	for _, f := range v.Findings {
		if f.Code != code {
			continue
		}
		if found = true; f.Evidence.Flaw == nil || f.Evidence.Flaw.Name != want {
			t.Errorf("%s of %s: %+v, want %q", code, f.Event, f.Evidence.Flaw, want)
		}
	}
	if !found {
		t.Errorf("no %s: %+v", code, v.Findings)
	}
}

// A key that is made anew for each attempt is named from the calls, a Redis or not, and nothing else is taken for it: not calls without
// keys, and not the two calls that an event has in control, too.
func TestKeysMadeAnewAreNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		want  string
		redis bool
		keys  []string // of the calls of two attempts, half of them each
		calls int      // of one clean delivery
	}{
		"anew":                 {want: "new-key-per-attempt", keys: []string{"a", "b"}, calls: 1},
		"anew, with a Redis":   {want: "new-key-per-attempt", redis: true, keys: []string{"a", "b"}, calls: 1},
		"anew, two calls":      {want: "new-key-per-attempt", keys: []string{"a1", "a2", "b1", "b2"}, calls: 2},
		"the event's":          {keys: []string{"a", "a"}, calls: 1},
		"the event's, of two":  {keys: []string{"a1", "a2", "a1", "a2"}, calls: 2},
		"none":                 {keys: []string{"", ""}, calls: 1},
		"not always":           {keys: []string{"a", ""}, calls: 1},
		"none, though a Redis": {want: "no-memory", redis: true, keys: []string{"", ""}, calls: 1},
	} {
		s := newTale(t)
		s.h.Plan.Settings.Redis = tc.redis
		keyed := func(event string, keys []string, before time.Duration) {
			for _, k := range keys {
				s.effect(event, before-2*ms)
				s.h.Effects[len(s.h.Effects)-1].IdempotencyKey = k
			}
		}
		for range 2 {
			key := s.event("paid")
			keyed(key, tc.keys[:tc.calls], s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 200).End)
		}
		key := s.event("paid")
		keyed(key, tc.keys[:tc.calls], s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200).End)
		keyed(key, tc.keys[tc.calls:], s.deliver(key, replay.Delivery{Fault: "duplicate", Role: replay.RoleDuplicate}, 200).End)
		got := ""
		v := s.settle()
		if len(v.Findings) != 1 || v.Findings[0].Code != "double-processing" {
			t.Fatalf("%s: %+v", name, v.Findings)
		}
		if f := v.Findings[0].Evidence.Flaw; f != nil {
			got = f.Name
		}
		if got != tc.want {
			t.Errorf("%s: named %q, want %q", name, got, tc.want)
		}
	}
}

// A mark that is taken for proof shows in that no marked delivery asks Redis; one that does shows that it is something else.
func TestTrustInRetriesIsNamed(t *testing.T) {
	for want, asks := range map[string]bool{"retry-header": false, "": true} {
		s := watched(t)
		s.control("paid", 1)
		lost := s.event("paid")
		s.claim(s.deliver(lost, replay.Delivery{Fault: "retry"}, 500), "OK")
		s.deliver(lost, replay.Delivery{Fault: "retry", Role: replay.RoleRedelivery}, 200)
		other := s.event("paid")
		s.claim(s.deliver(other, replay.Delivery{Fault: "retry"}, 500), "OK")
		again := s.deliver(other, replay.Delivery{Fault: "retry", Role: replay.RoleRedelivery}, 200)
		if asks {
			s.claim(again, "OK")
		}
		s.effect(other, again.End-2*ms)
		named(t, s.settle(), "lost-event", want)
	}
}

// A key that is made of the attempt's id is named where no event contradicts that: not where copies of one attempt are processed twice,
// and not where a command holds the event's id.
func TestKeysOfAttemptsAreNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		want          string
		copied, asked bool
	}{"the attempt's": {want: "per-attempt-key"}, "copies, too": {copied: true, want: "no-memory"}, "asked": {asked: true}} {
		s := watched(t)
		s.control("paid", 1)
		key := s.event("paid")
		for _, id := range []string{"1", "1", "2"} {
			a := s.deliver(key, replay.Delivery{Fault: "attempt-id", Role: replay.RoleDuplicate}, 200, attempt(id))
			if id == "2" || a.Start == s.h.Attempts[2].Start {
				s.effect(key, a.End-2*ms)
			}
			if tc.asked {
				s.claim(a, "OK")
			}
		}
		if tc.copied {
			other := s.event("paid")
			for range 2 {
				a := s.deliver(other, replay.Delivery{Fault: "duplicate", Role: replay.RoleDuplicate}, 200, attempt("3"))
				s.effect(other, a.End-2*ms)
			}
		}
		t.Log(name)
		v := s.settle()
		for _, f := range v.Findings {
			if f.Code == "double-processing" && f.Event == key && (f.Evidence.Flaw == nil || f.Evidence.Flaw.Name != tc.want) {
				t.Errorf("%s: %+v, want %q", name, f.Evidence.Flaw, tc.want)
			}
		}
	}
}

// Versions that are compared as text, or as floats, are named by what stayed behind though it came in turn, and only where that
// explains every subject.
func TestWrongComparisonsAreNamed(t *testing.T) {
	for _, tc := range []struct{ want, kept, newer, other string }{
		{"version-as-text", "9", "10", ""}, {"version-as-float", "9007199254740992", "9007199254740993", ""},
		{"", "7", "8", ""}, {"", "9", "10", "10"}, {"", "9", "10", "9 late"},
	} {
		s := watched(t)
		s.control("paid", 1, subject("sub_c", "1"))
		s.state("sub_c", "1", s.now)
		turn := func(name string, final string) {
			for i, version := range []string{tc.kept, tc.newer} {
				a := s.deliver(s.event("paid", subject(name, version)), replay.Delivery{Fault: "reorder"}, 200)
				s.effect(a.Event, a.End-2*ms)
				if i == 0 || final == version {
					s.state(name, version, a.End-ms)
				}
			}
		}
		turn("sub_1", tc.kept)
		switch tc.other {
		case "":
		case "9 late": // a newer version that came first explains nothing
			s.h.Attempts[len(s.h.Attempts)-1].Start = s.h.Attempts[len(s.h.Attempts)-2].Start
		default:
			turn("sub_2", tc.other)
		}
		t.Log(tc)
		named(t, s.settle(), "stale-final", tc.want)
	}
}

// A signature that is checked over another body than came is named by what was refused: other bytes, and nothing else.
func TestCheckedAnewIsNamed(t *testing.T) {
	for want, rewrite := range map[string]replay.Rewrite{"verify-parsed": replay.RewriteSpacing, "": replay.RewriteNone} {
		s := watched(t)
		s.control("paid", 1)
		key := s.event("paid")
		s.effect(key, s.deliver(key, replay.Delivery{Fault: "other-bytes"}, 200).End-2*ms)
		s.deliver(key, replay.Delivery{Fault: "other-bytes", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Rewrite: rewrite}}, 401)
		named(t, s.settle(), "wrong-rejection", want)
	}
}

// An older version that overwrites a newer one it was handled beside is named where older ones that came in turn were left out.
func TestOverwritingAtOnceIsNamed(t *testing.T) {
	for want, left := range map[string]bool{"version-race": true, "": false} {
		s := watched(t)
		s.control("paid", 1, subject("sub_c", "1"))
		s.state("sub_c", "1", s.now)
		send := func(name, version string, written bool) replay.Attempt {
			a := s.deliver(s.event("paid", subject(name, version)), replay.Delivery{Fault: "race-versions"}, 200)
			s.effect(a.Event, a.End-2*ms)
			if written {
				s.state(name, version, a.End-ms)
			}
			return a
		}
		send("sub_1", "8", true)
		send("sub_1", "7", true)
		beside := &s.h.Attempts[len(s.h.Attempts)-1]
		beside.Start = s.h.Attempts[len(s.h.Attempts)-2].Start + ms // before the newer one was answered
		send("sub_2", "8", true)
		send("sub_2", "7", !left)
		v := s.settle()
		for _, f := range v.Findings {
			if f.Code == "regress" && f.Subject == "sub_1" && (f.Evidence.Flaw == nil || f.Evidence.Flaw.Name != want) {
				t.Errorf("%+v, want %q", f.Evidence.Flaw, want)
			}
		}
		if v.Verdict != audit.Fail {
			t.Errorf("%s: %+v", v.Verdict, v.Missing)
		}
	}
}

// While Redis is away altogether, a health check is the event's, because nothing else is under way, where the endpoint uses its Redis.
func TestOutagesAreNamed(t *testing.T) {
	for _, tc := range []struct {
		code, want string
		effects    int
		uses       bool
	}{{"double-processing", "fail-open", 2, true}, {"lost-event", "fail-as-duplicate", 0, true}, {"double-processing", "", 2, false}} {
		s := watched(t)
		s.control("paid", 1)
		if tc.uses {
			s.claim(s.h.Attempts[0], "OK")
		}
		key := s.event("paid")
		away := replay.Delivery{Phase: replay.PhaseProcess, Fault: "redis-outage",
			Conditions: replay.Conditions{Redis: &replay.RedisFault{Kind: replay.RedisError, Whole: true}}}
		for _, role := range []replay.Role{replay.RoleFirst, replay.RoleDuplicate} {
			away.Role = role
			a := s.deliver(key, away, 200)
			s.h.Commands = append(s.h.Commands, replay.Command{At: a.LastByte + ms, Event: key, Name: "PING", Fault: "error"})
			if tc.effects > 0 {
				s.effect(key, a.End-2*ms)
			}
		}
		t.Log(tc)
		named(t, s.settle(), tc.code, tc.want)
	}
}

// command is one that came while an attempt was handled.
func (s *tale) command(a replay.Attempt, event, reply, name string, args ...string) {
	s.h.Commands = append(s.h.Commands, replay.Command{At: a.LastByte + ms, End: a.LastByte + ms + ms/2, Event: event, Name: name, Args: args, Reply: reply})
}

// Versions that are not compared at all, or only until a deletion, are named by what older versions did that came in turn.
func TestMissingComparisonsAreNamed(t *testing.T) {
	for _, tc := range []struct {
		code, want    string
		deletes, keep bool // the newest event of the subjects deletes them; what was not deleted is kept
	}{{"regress", "no-version", false, false}, {"resurrect", "no-tombstone", true, true}, {"resurrect", "", true, false}} {
		s := watched(t)
		s.control("paid", 1, subject("sub_c", "1"))
		s.state("sub_c", "1", s.now)
		pair := func(name string, deletes, back bool) {
			newer := s.event("paid", subject(name, "8"), func(e *replay.Event) { e.Deletes = deletes })
			a := s.deliver(newer, replay.Delivery{Fault: "reorder"}, 200)
			s.effect(newer, a.End-2*ms)
			s.h.Effects = append(s.h.Effects, replay.Effect{Source: "sink", Subject: name, Version: "8", Deleted: deletes, At: a.End - ms, Since: a.End - ms})
			b := s.deliver(s.event("paid", subject(name, "7")), replay.Delivery{Fault: "reorder"}, 200)
			s.effect(b.Event, b.End-2*ms)
			if back {
				s.state(name, "7", b.End-ms)
			}
		}
		pair("sub_1", tc.deletes, true)
		pair("sub_2", tc.deletes, true)
		if tc.deletes {
			pair("sub_3", false, !tc.keep)
		}
		t.Log(tc)
		named(t, s.settle(), tc.code, tc.want)
	}
}

// A version that is advanced before the work shows by the command that is told the second time that it is no news.
func TestAdvancingFirstIsNamed(t *testing.T) {
	for want, second := range map[string]string{"version-first": "0", "": "1"} {
		s := watched(t)
		s.control("paid", 1)
		key := s.event("paid", subject("sub_1", "7"))
		a := s.deliver(key, replay.Delivery{Fault: "retry"}, 500)
		s.command(a, key, "1", "EVAL", "(script)", "1", "version:sub_1", "7/"+key)
		b := s.deliver(key, replay.Delivery{Fault: "retry", Role: replay.RoleDuplicate}, 200)
		s.command(b, key, second, "EVAL", "(script)", "1", "version:sub_1", "7/"+key)
		named(t, s.settle(), "lost-event", want)
	}
}

// What a key leaves out, or holds too much of, is named by the key.
func TestWrongKeysAreNamed(t *testing.T) {
	t.Run("bytes", func(t *testing.T) {
		for want, name := range map[string]string{"raw-hash": "event:d1935", "": "event:other"} {
			s := watched(t)
			s.control("paid", 1)
			key := s.event("paid", func(e *replay.Event) { e.SHA256 = "d1935" })
			a := s.deliver(key, replay.Delivery{Fault: "other-bytes"}, 200)
			s.effect(key, a.End-2*ms)
			s.command(a, key, "OK", "SET", name, "t", "EX", "60", "NX")
			again := replay.Delivery{Fault: "other-bytes", Role: replay.RoleDuplicate, Conditions: replay.Conditions{Rewrite: replay.RewriteSpacing}}
			s.effect(key, s.deliver(key, again, 200).End-2*ms)
			named(t, s.settle(), "double-processing", want)
		}
	})
	for want, fault := range map[string]string{"no-source": "same-id", "content-hash": "twins"} {
		t.Run(want, func(t *testing.T) {
			s := watched(t)
			s.control("paid", 1)
			for i, source := range []string{"acct_a", "acct_b"} {
				key := s.event("paid", subject("sub_1", "7"), func(e *replay.Event) {
					if fault == "same-id" {
						e.Source, e.ID = source, "evt"
						e.Key = source + "/evt"
					}
				})
				name, of := "event:evt", "acct_a/evt"
				if fault == "twins" {
					name, of = "event:hash", ""
				} else {
					key = source + "/evt"
				}
				a := s.deliver(key, replay.Delivery{Fault: fault}, 200)
				if i == 0 {
					s.effect(key, a.End-2*ms)
					s.command(a, of, "OK", "SET", name, "t", "EX", "60", "NX")
					continue
				}
				s.command(a, of, "nil", "SET", name, "u", "EX", "60", "NX")
			}
			named(t, s.settle(), "merged", want)
		})
	}
}

// Signatures that are not checked at all are named; where one kind is refused, the flaw is another.
func TestBelievingAnythingIsNamed(t *testing.T) {
	for want, status := range map[string]int{"no-verify": 200, "": 401} {
		s := watched(t)
		s.control("paid", 1)
		for kind, status := range map[replay.Signature]int{replay.SignMissing: 200, replay.SignWrongKey: 200, replay.SignTampered: status} {
			s.deliver(s.event("paid"), replay.Delivery{Fault: "bad-signature", Conditions: replay.Conditions{Signature: kind}}, status)
		}
		named(t, s.settle(), "signature-bypass", want)
	}
}

// Looking and acting in a store that is not seen is named by its races, where copies that came in turn were processed once.
func TestUnseenRacesAreNamed(t *testing.T) {
	for want, turns := range map[string]int{"check-then-act": 1, "no-memory": 2} {
		s := watched(t)
		s.control("paid", 1)
		raced := s.event("paid")
		s.effect(raced, s.deliver(raced, replay.Delivery{Fault: "race"}, 200).End-2*ms)
		b := s.duplicateOf(raced, 200)
		s.effect(raced, b.End-2*ms)
		s.h.Attempts[len(s.h.Attempts)-1].Start = s.h.Attempts[len(s.h.Attempts)-2].Start + ms
		other := s.event("paid")
		for i := range 2 {
			a := s.duplicateOf(other, 200)
			if i < turns {
				s.effect(other, a.End-2*ms)
			}
		}
		t.Log(want)
		named(t, s.settle(), "double-processing", want)
	}
}
