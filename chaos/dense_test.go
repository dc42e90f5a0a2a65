package chaos_test

import (
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

// Every event of a dense release is new, and has two copies, one after the other; every fixture takes part.
func TestDenseReleases(t *testing.T) {
	in := input(4)
	in.Settings.Faults, in.Settings.Dense, in.Settings.Bursts = []string{"dense"}, 4, 3
	p := build(t, in)
	fixtures, copies := map[string]bool{}, map[string]int{}
	events := p.EventByKey()
	gates := 0
	for _, members := range p.Gates() {
		first := p.Deliveries[members[0]-1]
		if first.Fault != "dense" {
			continue
		}
		if gates++; len(members) != 8 {
			t.Errorf("gate %d holds %d deliveries, want 8", first.Gate, len(members))
		}
		for i, n := range members {
			d := p.Deliveries[n-1]
			fixtures[events[d.Event].Fixture] = true
			copies[d.Event]++
			if want := [...]replay.Role{replay.RoleFirst, replay.RoleDuplicate}[i%2]; d.Role != want || d.Event != p.Deliveries[members[i-i%2]-1].Event {
				t.Errorf("delivery %d of gate %d is a %s of %s", i+1, d.Gate, d.Role, d.Event)
			}
		}
	}
	if len(fixtures) < 5 || gates != 6 {
		t.Errorf("%d fixtures in %d gates, want all five in 6", len(fixtures), gates)
	}
	for key, n := range copies {
		if n != 2 {
			t.Errorf("%s has %d copies", key, n)
		}
	}
}

func TestDenseReleasesNeedFreshEvents(t *testing.T) {
	in := input(1)
	in.Settings.KeepIDs = true
	p := build(t, in)
	for _, s := range p.Skipped {
		if s.Fault == "dense" {
			return
		}
	}
	t.Errorf("not left out: %+v", p.Skipped)
}

func TestDenseReleasesAreBounded(t *testing.T) {
	for _, n := range []int{-1, 0, 1, 501} {
		in := input(1)
		if in.Settings.Dense = n; failure(in) == nil {
			t.Errorf("--dense %d is taken", n)
		}
	}
}

func failure(in chaos.Input) error {
	_, err := chaos.Build(in)
	return err
}
