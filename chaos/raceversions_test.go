package chaos_test

import (
	"testing"

	"hookonce/replay"
)

func TestRacedVersionsAreOfOneSubject(t *testing.T) {
	in := input(2)
	in.Settings.Faults, in.Settings.Bursts = []string{"race-versions"}, 4
	p := build(t, in)
	events, older := p.EventByKey(), 0
	gates := 0
	for _, members := range p.Gates() {
		a, b := p.Deliveries[members[0]-1], p.Deliveries[members[1]-1]
		if a.Fault != "race-versions" {
			continue
		}
		gates++
		x, y := events[a.Event], events[b.Event]
		order := replay.CompareVersions(x.Version, y.Version)
		if len(members) != 2 || x.Subject != y.Subject || order == 0 {
			t.Errorf("gate %d holds %d deliveries, of %s version %s and %s version %s", a.Gate, len(members), x.Subject, x.Version, y.Subject, y.Version)
		}
		if order < 0 {
			older++
		}
	}
	if gates == 0 || older*2 != gates {
		t.Errorf("the older one leads in %d of %d gates, want half", older, gates)
	}
}
