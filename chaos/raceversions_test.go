package chaos_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"hookonce/replay"
)

func TestRacedVersionsAreOfOneSubject(t *testing.T) {
	in := input(2)
	in.Settings.Faults, in.Settings.Bursts = []string{"race-versions"}, 4
	p := build(t, in)
	events, older, staggered := p.EventByKey(), 0, 0
	gates := 0
	for _, members := range p.Gates() {
		a, b := p.Deliveries[members[0]-1], p.Deliveries[members[1]-1]
		if a.Fault != "race-versions" || a.Role == replay.RoleRedelivery {
			continue
		}
		x, y := events[a.Event], events[b.Event]
		order := replay.CompareVersions(x.Version, y.Version)
		if len(members) != 2 || x.Subject != y.Subject || order == 0 {
			t.Errorf("gate %d holds %d deliveries, of %s version %s and %s version %s", a.Gate, len(members), x.Subject, x.Version, y.Subject, y.Version)
		}
		switch {
		case b.Lag != nil:
			if staggered++; a.Lag != nil || order < 0 {
				t.Errorf("gate %d: the older version does not lag behind the newer one", a.Gate)
			}
			continue
		case order < 0:
			older++
		}
		gates++
	}
	if gates == 0 || older*2 != gates || staggered == 0 {
		t.Errorf("the older one leads in %d of %d gates, want half; %d are staggered", older, gates, staggered)
	}
}

// Two versions of which the endpoint refuses one, or both, race once more.
func TestRacedVersionsRaceAgain(t *testing.T) {
	in := input(2)
	in.Settings.Faults, in.Settings.Bursts = []string{"race-versions"}, 1
	p := build(t, in)
	again := map[string]int{}
	for _, members := range p.Gates() {
		for _, n := range members {
			if d := p.Deliveries[n-1]; d.Fault == "race-versions" && d.Role == replay.RoleRedelivery {
				before := p.Deliveries[d.After-1]
				again[d.Event]++
				if before.Gate == 0 || before.Gate == d.Gate {
					t.Errorf("delivery %d comes after delivery %d, of gate %d", d.N, before.N, before.Gate)
				}
			}
		}
	}
	if len(again) == 0 {
		t.Error("no version is released again")
	}
}

// paymentEvent is an event that has no id: its key is put together of its type and its subject, as Adyen's is.
func paymentEvent(typ, subject, version string) replay.Event {
	e := event("none", typ, subject, version)
	e.Key, e.Fixture = typ+"_"+subject, fmt.Sprint(typ, version, ".json")
	return e
}

func renamePayment(e replay.Event, fresh func(string) string) (replay.Event, error) {
	now := fresh(e.Subject)
	e.Body = bytes.ReplaceAll(e.Body, []byte(`"`+e.Subject+`"`), []byte(`"`+now+`"`))
	e.OriginalKey, e.Key, e.Subject = e.Key, e.Type+"_"+now, now
	return e, nil
}

// A duplicate that differs in its time only is no second version of a subject whose events' keys are put together.
func TestDuplicatesWithComposedKeysAreNoVersions(t *testing.T) {
	in := input(1)
	in.Rename = renamePayment
	in.Events = []replay.Event{paymentEvent("AUTHORISATION", "psp_1", "100"), paymentEvent("AUTHORISATION", "psp_1", "200")}
	p := build(t, in)
	for _, fault := range []string{"reorder", "race-versions"} {
		if !slices.ContainsFunc(p.Skipped, func(s replay.SkippedFault) bool { return s.Fault == fault }) || len(eventsOf(p, fault)) > 0 {
			t.Errorf("%s is planned with duplicates of one event", fault)
		}
	}
	in.Events = append(in.Events, paymentEvent("CAPTURE", "psp_1", "300"))
	p = build(t, in)
	for _, fault := range []string{"reorder", "race-versions"} {
		types := map[string]bool{}
		for _, e := range p.Events {
			if slices.Contains(eventsOf(p, fault), e.Key) {
				types[e.Type] = true
			}
		}
		if len(types) != 2 {
			t.Errorf("%s orders events of the types %v", fault, types)
		}
	}
}
