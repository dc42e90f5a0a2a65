package audit_test

import (
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// The brute-force judge is written from the table of codes alone, over a world small enough to be
// read at a glance: one effect, one type, moments in whole milliseconds. It shares no code with Judge.

type bAttempt struct {
	start, end, status int // status 0: no answer
	body, id           string
	tail, late         bool
}

func (a bAttempt) acked() bool { return a.status == 200 }

// until is how long the handler may have been at work: an attempt that was given up, for another latency.
func (a bAttempt) until() int {
	if a.status == 0 {
		return a.end + 8
	}
	return a.end
}

type bEvent struct {
	name             string
	fixture, version int
	subject          string // "" for none
	deletes          bool
	sig              replay.Signature
	attempts         []bAttempt // by start
	effects          []int      // moments
}

type bState struct {
	subject     string
	version, at int
	deleted     bool
}

type bWorld struct {
	normal          int // effects of a clean delivery
	versioned, rest bool
	events          []bEvent
	states          []bState // by moment; all commits are told
}

func (e bEvent) acks() (out []bAttempt) {
	for _, a := range e.attempts {
		if a.acked() {
			out = append(out, a)
		}
	}
	return out
}

func anyOf[T any](in []T, ok func(T) bool) bool { return slices.ContainsFunc(in, ok) }

// of is what was told of a subject, a tombstone being as new as the newest deletion sent by then.
func (w bWorld) of(subject string) (out []bState) {
	for _, s := range w.states {
		if s.subject != subject || subject == "" || !w.versioned {
			continue
		}
		for _, e := range w.events {
			if s.deleted && e.deletes && e.subject == subject && len(e.attempts) > 0 && e.attempts[0].start <= s.at {
				s.version = max(s.version, e.version)
			}
		}
		out = append(out, s)
	}
	return out
}

func (w bWorld) final(subject string) (bState, bool) {
	s := w.of(subject)
	if len(s) == 0 {
		return bState{}, false
	}
	return s[len(s)-1], true
}

func (e bEvent) twin(o bEvent) bool {
	return e.name != o.name && e.subject != "" && e.subject == o.subject && e.fixture == o.fixture
}

// discarded: something as new of the subject was known when the event was acknowledged last, or stands at the end.
func (w bWorld) discarded(e bEvent) bool {
	acks := e.acks()
	if e.subject == "" || len(acks) == 0 {
		return false
	}
	f, there := w.final(e.subject)
	return there && f.version > e.version || anyOf(w.events, func(o bEvent) bool {
		return o.name != e.name && o.subject == e.subject && !o.twin(e) && o.version >= e.version && len(o.attempts) > 0 &&
			anyOf(acks, func(a bAttempt) bool { return o.attempts[0].start < a.end })
	})
}

func (w bWorld) double(e bEvent) bool {
	return e.sig == replay.SignValid && len(e.attempts) > 0 && w.normal > 0 && len(e.effects) > w.normal
}

func (w bWorld) lost(e bEvent) bool {
	if !w.rest || e.sig != replay.SignValid || len(e.acks()) == 0 || w.discarded(e) {
		return false
	}
	if _, there := w.final(e.subject); w.normal == 0 && w.versioned && e.subject != "" {
		return !there
	}
	return len(e.effects) < w.normal
}

// bChecks is the table: what each code says of one event.
var bChecks = map[string]func(bWorld, bEvent) bool{
	"double-processing": bWorld.double,
	"lost-event":        bWorld.lost,
	"window-too-short": func(w bWorld, e bEvent) bool {
		return w.double(e) && anyOf(e.attempts, func(a bAttempt) bool { return a.late && e.effects[w.normal] >= a.start })
	},
	"stuck": func(w bWorld, e bEvent) bool {
		tail := 0
		for _, a := range e.attempts {
			if a.tail && a.status != 0 {
				tail++
			}
		}
		return e.sig == replay.SignValid && len(e.acks()) == 0 && tail >= 2
	},
	"signature-bypass": func(w bWorld, e bEvent) bool {
		return e.sig == replay.SignMissing && len(e.attempts) > 0 && len(e.acks())+len(e.effects) > 0
	},
	"stale-signature": func(w bWorld, e bEvent) bool { return e.sig == replay.SignStale && len(e.acks()) > 0 },
	"wrong-rejection": func(w bWorld, e bEvent) bool {
		return e.sig == replay.SignValid && len(e.acks()) > 0 && anyOf(e.attempts, func(a bAttempt) bool { return a.status == 401 })
	},
	"premature-ack": func(w bWorld, e bEvent) bool {
		return e.sig == replay.SignValid && w.normal > 0 && len(e.effects) > 0 && anyOf(e.acks(), func(a bAttempt) bool {
			atWork := func(b bAttempt) bool { return b != a && b.start < a.end && b.until() > a.end }
			return e.effects[0] > a.end && anyOf(e.attempts, atWork)
		})
	},
	"noisy-duplicate": func(w bWorld, e bEvent) bool {
		return e.sig == replay.SignValid && anyOf(e.attempts, func(b bAttempt) bool {
			return b.status > 299 && anyOf(e.acks(), func(a bAttempt) bool { return a.end <= b.start })
		})
	},
	"replay-differs": func(w bWorld, e bEvent) bool {
		acks := e.acks()
		return e.sig == replay.SignValid && anyOf(acks, func(a bAttempt) bool { return a.body != acks[0].body })
	},
	"slow-ack": func(_ bWorld, e bEvent) bool {
		return anyOf(e.attempts, func(a bAttempt) bool { return a.end-a.start > 8000 }) // the sender waits ten seconds
	},
	"merged": func(w bWorld, e bEvent) bool {
		return w.lost(e) && anyOf(w.events, func(o bEvent) bool { return o.twin(e) && len(o.attempts) > 0 && !w.lost(o) })
	},
	"per-attempt-key": func(w bWorld, e bEvent) bool {
		repeated := false
		for _, o := range w.events {
			if o.sig != replay.SignValid || len(o.attempts) == 0 {
				continue
			}
			ids, acked := map[string]int{}, map[string]int{}
			blank := false
			for _, a := range o.attempts {
				ids[a.id]++
				blank = blank || a.id == ""
				if a.acked() {
					acked[a.id]++
				}
			}
			if blank {
				ids = nil
			}
			if !blank && len(o.effects) > len(ids)*w.normal || w.double(o) && len(ids) < 2 {
				return false // an attempt was processed twice, or the events have different causes
			}
			for _, n := range acked {
				repeated = repeated || n > 1 && !blank
			}
		}
		return repeated && w.double(e)
	},
}

// subject says what the table says of a subject's states.
func (w bWorld) subject(name string) (out []string) {
	states := w.of(name)
	final, there := w.final(name)
	var acked, sent int
	carried, updated, deleted := map[int]bool{}, map[int]bool{}, map[int]bool{}
	for _, e := range w.events {
		if e.subject == name && len(e.attempts) > 0 {
			updated[e.version], deleted[e.version] = updated[e.version] || !e.deletes, deleted[e.version] || e.deletes
			sent, carried[e.version] = max(sent, e.version), true
			if len(e.acks()) > 0 && e.sig == replay.SignValid {
				acked = max(acked, e.version)
			}
		}
	}
	if !there || sent == 0 {
		return nil
	}
	if w.rest && final.version < acked {
		out = append(out, "stale-final")
	}
	if w.rest && !final.deleted && !carried[final.version] && final.version < sent {
		out = append(out, "corrupt-final")
	}
	newest := states[0]
	for _, s := range states {
		if s.version < newest.version {
			if (newest.deleted || deleted[newest.version] && !updated[newest.version]) && !s.deleted {
				out = append(out, "resurrect")
			} else {
				out = append(out, "regress")
			}
		} else if s.version > newest.version {
			newest = s
		}
	}
	return out
}

var bViolations = strings.Fields("double-processing lost-event window-too-short stale-final corrupt-final regress resurrect stuck " +
	"signature-bypass stale-signature wrong-rejection")

// verdict is the brute-force judge's: each finding as code and event or subject.
func (w bWorld) verdict() (audit.Status, []string) {
	found := map[string]bool{}
	for _, e := range w.events {
		for code, check := range bChecks {
			if check(w, e) {
				found[code+" "+e.name] = true
			}
		}
	}
	for _, s := range []string{"sub_1", "sub_2"} {
		for _, code := range w.subject(s) {
			found[code+" "+s] = true
		}
	}
	status := audit.Pass
	if !w.rest || w.normal == 0 || w.unansweredSignature() || w.unansweredTail() {
		status = audit.Inconclusive
	}
	for f := range found {
		if code, _, _ := strings.Cut(f, " "); slices.Contains(bViolations, code) {
			status = audit.Fail
		}
	}
	return status, slices.Sorted(maps.Keys(found))
}

func (w bWorld) unansweredSignature() bool {
	for _, kind := range []replay.Signature{replay.SignMissing, replay.SignStale} {
		planned, answered := false, false
		for _, e := range w.events {
			planned = planned || e.sig == kind
			answered = answered || e.sig == kind && anyOf(e.attempts, func(a bAttempt) bool { return a.status != 0 })
		}
		if planned && !answered {
			return true
		}
	}
	return false
}

// unansweredTail says that of an event that nothing acknowledged, two fault-free attempts were made and not both answered.
func (w bWorld) unansweredTail() bool {
	return anyOf(w.events, func(e bEvent) bool {
		tried, answered := 0, 0
		for _, a := range e.attempts {
			if a.tail {
				tried++
				answered += min(a.status, 1)
			}
		}
		return e.sig == replay.SignValid && len(e.acks()) == 0 && tried > 1 && answered < 2
	})
}

// asTold writes a verdict's findings the way the brute-force judge does.
func asTold(v audit.Verdict) []string {
	onSubject := []string{"stale-final", "corrupt-final", "regress", "resurrect"}
	found := map[string]bool{}
	for _, f := range v.Findings {
		if slices.Contains(onSubject, f.Code) {
			found[f.Code+" "+f.Subject] = true
		} else {
			found[f.Code+" "+f.Event] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// Judge agrees with the brute-force judge on every random history.
func TestJudgeAgreesWithBruteForce(t *testing.T) {
	n := flag.Lookup("histories").Value.(flag.Getter).Get().(int)
	seen := map[string]int{}
	for seed := range uint64(n) {
		w := draw(seed)
		status, codes := w.verdict()
		v := audit.Judge(w.history(t), nil)
		if got := asTold(v); v.Verdict != status || !slices.Equal(got, codes) {
			t.Fatalf("seed %d: Judge says %s %q, brute force %s %q (missing %q)\nworld %+v", seed, v.Verdict, got, status, codes, v.Missing, w)
		}
		seen[string(status)]++
		for _, c := range codes {
			code, _, _ := strings.Cut(c, " ")
			seen[code]++
		}
	}
	t.Logf("%d histories: %v", n, seen)
	for _, code := range audit.Codes() {
		if seen[code] == 0 {
			t.Errorf("no history has %s: the comparison says nothing about it", code)
		}
	}
}
