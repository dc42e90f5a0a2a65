package reference

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hookonce/replay"
)

func TestChargeKeys(t *testing.T) {
	var told []Commit
	l := NewLedger(func(c Commit) { told = append(told, c) })
	now := time.Unix(1, 0)
	a, b := replay.Event{Key: "a"}, replay.Event{Key: "b"}
	l.Charge(a, "", now)
	l.Charge(b, "b", now)
	l.Charge(a, "", now)
	l.Charge(b, "b", now)
	if want := []Count{{"a", 2}, {"b", 1}}; !slices.Equal(l.Counts(), want) {
		t.Errorf("counts %v, want %v", l.Counts(), want)
	}
	if len(told) != 3 || told[1] != (Commit{At: now, Event: "b", Effect: Charge}) {
		t.Errorf("told %v", told)
	}
	if l.Charged("") || !l.Charged("b") {
		t.Error("an empty key is never the same")
	}
}

// Whatever the order events come in, a compared and set state never goes back, ends
// at the same event, and remembers a deletion.
func TestSaveIfNewerConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 6).Draw(t, "events")
		var events []replay.Event
		for i := range n {
			events = append(events, replay.Event{Key: fmt.Sprint(i), Subject: "s", Deletes: rapid.Bool().Draw(t, "deletes"),
				Version: fmt.Sprint(rapid.IntRange(8, 11).Draw(t, "version")), Rank: rapid.IntRange(0, 2).Draw(t, "rank")})
		}
		in, shuffled := NewLedger(nil), NewLedger(nil)
		for _, e := range events {
			in.SaveIfNewer(e, time.Time{})
		}
		for _, e := range rapid.Permutation(events).Draw(t, "order") {
			shuffled.SaveIfNewer(e, time.Time{})
			shuffled.SaveIfNewer(e, time.Time{})
		}
		one, _ := in.Load("s")
		other, _ := shuffled.Load("s")
		if one.Version != other.Version || one.Deleted != other.Deleted || in.rows["s"].current.Key != shuffled.rows["s"].current.Key {
			t.Fatalf("ends at %+v and at %+v", one, other)
		}
		if !slices.IsSortedFunc(other.Versions, replay.CompareVersions) {
			t.Fatalf("goes back: %v", other.Versions)
		}
	})
}

func TestVersionsAreBounded(t *testing.T) {
	l := NewLedger(nil)
	for i := range MaxVersions + 5 {
		l.Save(replay.Event{Subject: "s", Version: fmt.Sprint(i)}, time.Time{})
	}
	s, _ := l.Load("s")
	if len(s.Versions) != MaxVersions || s.Versions[0] != "5" || s.Version != fmt.Sprint(MaxVersions+4) {
		t.Errorf("%d versions from %s to %s", len(s.Versions), s.Versions[0], s.Version)
	}
}

func TestGuardVersion(t *testing.T) {
	for version, want := range map[string]string{
		"1700000000":                     "170000000003",
		"0":                              "3",
		"2026-01-02T03:04:05Z":           "176732304500000003",
		"18446744073709551615":           "",
		"999999999999999999":             "99999999999999999903",
		"1778610002.908181":              "",
		"2026-01-02T03:04:05.000000001Z": "",
		"v3":                             "",
		"":                               "",
		"-4":                             "",
	} {
		if got := GuardVersion(replay.Event{Version: version, Rank: 3}); got != want {
			t.Errorf("%q: %q, want %q", version, got, want)
		}
	}
	if got := GuardVersion(replay.Event{Version: "0"}); got != "0" {
		t.Errorf("nought with rank nought: %q", got)
	}
	if got := GuardVersion(replay.Event{Version: "1", Rank: 100}); got != "" {
		t.Errorf("a rank of three digits: %q", got)
	}
}

func TestFailHalf(t *testing.T) {
	var p replay.Plan
	for i := range 1000 {
		p.Deliveries = append(p.Deliveries, replay.Delivery{Event: fmt.Sprint("evt_", i), Phase: replay.PhaseFault, Role: replay.RoleFirst})
	}
	p.Deliveries = append(p.Deliveries, replay.Delivery{Event: "control", Phase: replay.PhaseControl, Role: replay.RoleFirst})
	fails, n := FailHalf(p), 0
	for _, d := range p.Deliveries {
		e := replay.Event{Key: d.Event}
		if fails(e, 1) {
			n++
		}
		if fails(e, 2) || d.Event == "control" && fails(e, 1) {
			t.Errorf("%s fails when it must not", d.Event)
		}
	}
	if n < 400 || n > 600 {
		t.Errorf("%d of 1000 fail", n)
	}
}
