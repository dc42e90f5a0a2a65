package report

import (
	"slices"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// What the trials show, and what the report says then.
func TestMemoryInWords(t *testing.T) {
	ok := func(kinds ...string) (out []audit.Trial) {
		for _, k := range kinds {
			out = append(out, audit.Trial{Kind: k, Tried: 4})
		}
		return out
	}
	failed := func(kind string, more ...audit.Trial) []audit.Trial {
		return append(slices.Clone(more), audit.Trial{Kind: kind, Tried: 4, Failed: 3})
	}
	base := ok("duplicate", "race", "late")
	const held, day = 70 * time.Second, 24 * time.Hour
	for _, tc := range []struct {
		trials       []audit.Trial
		held, forgot time.Duration
		want         string
	}{
		{nil, 0, 0, "not known: nothing that was repeated was counted"},
		{ok("duplicate", "late", "other-bytes", "twins"), held, 0, "deduplicates on `id`, remembers at least 70 s"},
		{ok("duplicate", "late", "other-bytes", "twins", "same-id"), held, day, "deduplicates on `id` and its source, remembers at least 70 s and less than 24 h"},
		{base, held, 0, "deduplicates, remembers at least 70 s; on what: not tested (--faults all,other-bytes,twins)"},
		{ok("duplicate", "other-bytes"), 0, 0, "deduplicates; on what: not tested (--faults all,twins); how long: not tested (--late 70s)"},
		{failed("other-bytes", base...), held, 0, "deduplicates on the bytes of the body, remembers at least 70 s"},
		{failed("attempt-id", base...), held, 0, "deduplicates on `X-Attempt`, which is the attempt's, remembers at least 70 s"},
		{failed("twins", base...), held, 0, "deduplicates on the content and not on the event's id, remembers at least 70 s"},
		{failed("twins", failed("other-bytes", base...)...), held, 0, "deduplicates on the bytes of the content and not on the event's id, remembers at least 70 s"},
		{failed("same-id", base...), held, 0, "deduplicates on `id`, without its source, remembers at least 70 s"},
		{failed("rebatch", ok("duplicate", "late", "other-bytes", "twins")...), held, 0, "deduplicates on `id`, by body and not by item, remembers at least 70 s"},
		{failed("late", ok("duplicate", "other-bytes", "twins")...), 0, held, "deduplicates on `id`, remembers less than 70 s"},
		{failed("late", ok("duplicate", "other-bytes", "twins")...), day, held, "deduplicates on `id`, remembers some events 24 h, others less than 70 s"},
		{failed("race", ok("duplicate", "late", "other-bytes", "twins")...), held, 0, "deduplicates on `id`, but not copies that race (3 of 4), remembers at least 70 s"},
		{failed("duplicate", ok("race")...), 0, 0, "deduplicates only some events: 3 of 4 repeated ones were processed again"},
		{[]audit.Trial{{Kind: "duplicate", Tried: 4, Failed: 4}}, 0, 0, "does not deduplicate: all of 4 repeated events were processed again"},
		{[]audit.Trial{{Kind: "duplicate", Tried: 1, Failed: 1}}, 0, 0, "does not deduplicate: the one repeated event was processed again"},
		{ok("race"), 0, 0, "deduplicates copies that come together; later ones were not tested"},
		{failed("race"), 0, 0, "does not deduplicate copies that come together: 3 of 4 events were processed again"},
		{append(ok("duplicate", "late", "other-bytes", "twins"), ok("replicas")...), held, 0, "deduplicates on `id`, across replicas, remembers at least 70 s"},
		{failed("replicas", ok("duplicate", "late", "other-bytes", "twins")...), held, 0, "deduplicates on `id`, not across replicas (3 of 4 processed again), remembers at least 70 s"},
		{failed("late", base...), day - time.Minute, day, "deduplicates, remembers for 24h0m (measured: still known at 23h59m, processed again at 24h0m); on what: not tested (--faults all,other-bytes,twins)"},
		{failed("late", ok("duplicate", "other-bytes", "twins")...), 59 * time.Second, time.Minute, "deduplicates on `id`, remembers for 60 s (measured: still known at 59 s, processed again at 60 s)"},
		{failed("late", ok("duplicate", "other-bytes", "twins")...), 0, time.Second, "deduplicates on `id`, remembers less than 1 s"},
		{ok("duplicate", "late", "other-bytes", "twins"), 72*time.Hour - time.Minute, 0, "deduplicates on `id`, remembers at least 72 h (measured: still known at 71h59m)"},
		{failed("replicas"), 0, 0, "does not deduplicate across replicas: 3 of 4 events were processed again"},
		{ok("twins"), 0, 0, "not tested: no event was delivered again in the same bytes"},
	} {
		h := replay.Header{Profile: replay.Profile{Key: "id", AttemptID: "X-Attempt", RetrySpan: 72 * time.Hour}}
		if got := newMemory(h, audit.Memory{Trials: tc.trials, Held: tc.held, Forgot: tc.forgot}).text(); got != tc.want {
			t.Errorf("%v:\n     %s\nwant %s", tc.trials, got, tc.want)
		}
	}
}

// With several providers, or in a journal that says nothing of keys, the key has no one name.
func TestMemoryNamesTheKeyOnlyWhereThereIsOne(t *testing.T) {
	trials := audit.Memory{Trials: []audit.Trial{{Kind: "duplicate", Tried: 1}, {Kind: "other-bytes", Tried: 1}, {Kind: "twins", Tried: 1}}}
	const want = "deduplicates on the event's id; how long: not tested (--late 70s)"
	for _, h := range []replay.Header{{}, {Profile: replay.Profile{Key: "id"}, Others: []replay.Profile{{Key: "event_id"}}}} {
		if got := newMemory(h, trials).text(); got != want {
			t.Errorf("%+v: %s", h.Profile.Key, got)
		}
	}
}

// What commands say is told as what it is.
func TestMemoryClaimed(t *testing.T) {
	trials := []audit.Trial{{Kind: "duplicate", Tried: 4}, {Kind: "other-bytes", Tried: 1}, {Kind: "twins", Tried: 1}}
	m := newMemory(replay.Header{}, audit.Memory{Trials: trials, Claimed: 24 * time.Hour})
	if want := "how long: it claims 24 h, which was not measured (--late 70s, or --redis-ttl-scale)"; m.Untested != want {
		t.Errorf("%q, want %q", m.Untested, want)
	}
	scaled := replay.Header{TTLScale: 0.0001}
	for forgot, want := range map[time.Duration]string{
		25 * time.Hour: "remembers for about 24h0m (measured through times to live shortened by 1/10000: still known at 23h0m, processed again at 25h0m)",
		0:              "remembers at least 23 h",
	} {
		m = newMemory(scaled, audit.Memory{Trials: append(trials, audit.Trial{Kind: "late", Tried: 2}), Held: 23 * time.Hour, Forgot: forgot})
		if !strings.HasSuffix(m.Statement, want) {
			t.Errorf("%q, want %q", m.Statement, want)
		}
	}
}

func TestMemoryPerProcess(t *testing.T) {
	m := audit.Memory{PerProcess: true, Trials: []audit.Trial{{Kind: "duplicate", Tried: 4}, {Kind: "replicas", Tried: 4, Failed: 4}}}
	if got, want := newMemory(replay.Header{}, m).Statement, "deduplicates, per process"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// A patience that is not the provider's was asked for, and the report says so.
func TestPatienceOfTheUsersOwnIsTold(t *testing.T) {
	h := replay.Header{TimeScale: 1, Profile: replay.Profile{Patience: 3 * time.Second}}
	if got := newTime(h).Statement; strings.Contains(got, "waited for") {
		t.Errorf("the provider's own: %q", got)
	}
	h.Patience = 500 * time.Millisecond
	if got, want := newTime(h).Statement, "answers were waited for 500 ms, where the provider waits 3 s"; !strings.Contains(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A run that was cut short counts no trials, and does not deny what it found.
func TestMemoryOfARunThatWasCutShort(t *testing.T) {
	s := failing()
	s.verdict.Memory = audit.Memory{}
	if got := s.report().Memory.Statement; got != memoryUncounted {
		t.Errorf("with findings: %s", got)
	}
	s = passing()
	s.verdict.Memory = audit.Memory{}
	if got := s.report().Memory.Statement; got == memoryUncounted {
		t.Errorf("without any: %s", got)
	}
}
