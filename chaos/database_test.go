package chaos_test

import (
	"strings"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

var databaseFaults = []string{"database-slow", "database-cut", "database-lost"}

// Each strike comes alone, after two clean deliveries of other events of the type, and is followed by a redelivery.
func TestDatabaseFaultsComeOneByOne(t *testing.T) {
	in := input(1)
	in.Settings.Faults, in.Settings.Database = databaseFaults, true
	p := build(t, in)
	events, shares := p.EventByKey(), map[replay.DatabaseKind]map[float64]int{}
	var line []replay.Delivery
	for _, d := range p.Deliveries {
		if d.Phase == replay.PhaseProcess {
			line = append(line, d)
		}
	}
	for i, d := range line {
		if i > 0 && d.After != line[i-1].N {
			t.Errorf("delivery %d waits for %d, not for %d", d.N, d.After, line[i-1].N)
		}
		if d.Database == nil {
			continue
		}
		if shares[d.Database.Kind] == nil {
			shares[d.Database.Kind] = map[float64]int{}
		}
		shares[d.Database.Kind][d.Database.Share]++
		one, two, next := line[i-2], line[i-1], line[i+1]
		if !one.Clean() || !two.Clean() || one.Event == two.Event || events[two.Event].Type != events[d.Event].Type || next.Event != d.Event || next.Role != replay.RoleRedelivery {
			t.Errorf("delivery %d is between %+v, %+v and %+v", d.N, one, two, next)
		}
	}
	if len(shares) != 3 || len(shares[replay.DatabaseSlow]) != 1 || len(shares[replay.DatabaseCut]) != 5 || len(shares[replay.DatabaseLost]) != 5 {
		t.Errorf("shares %v", shares)
	}
}

// Under recorded ids each event has one role.
func TestDatabaseFaultsUnderKeptIDs(t *testing.T) {
	in := input(1)
	in.Settings.Faults, in.Settings.Database, in.Settings.KeepIDs = []string{"database-lost"}, true, true
	first := map[string]int{}
	for _, d := range build(t, in).Deliveries {
		if d.Phase == replay.PhaseProcess && d.Role == replay.RoleFirst {
			first[d.Event]++
		}
	}
	for e, n := range first {
		if n != 1 {
			t.Errorf("%s: sent first %d times", e, n)
		}
	}
}

func TestDatabaseFaultsNeedTheProxy(t *testing.T) {
	in := input(1)
	in.Settings.Faults = databaseFaults
	p := build(t, in)
	for _, s := range p.Skipped {
		if !strings.Contains(s.Reason, "--database-proxy") {
			t.Errorf("%+v", s)
		}
	}
	if len(p.Skipped) != len(databaseFaults) {
		t.Errorf("left out %v", p.Skipped)
	}
	for _, f := range databaseFaults { // providers never ask for them
		if all, _ := chaos.ParseFaults("all"); strings.Contains(strings.Join(all, ","), f) {
			t.Errorf("all has %s", f)
		}
	}
}

// The request that is struck is one of those there are.
func TestDatabaseRequest(t *testing.T) {
	for _, c := range []struct {
		share    float64
		of, want int
	}{{0, 5, 1}, {0.25, 5, 2}, {0.5, 5, 3}, {0.75, 5, 4}, {1, 5, 5}, {1, 1, 1}, {1, 0, 1}, {0.5, 2, 2}, {0, 0, 1}} {
		if got := (replay.DatabaseFault{Share: c.share}).Request(c.of); got != c.want {
			t.Errorf("%g of %d: request %d, want %d", c.share, c.of, got, c.want)
		}
	}
}
