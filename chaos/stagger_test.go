package chaos_test

import (
	"testing"
)

func TestStaggeredCopiesComeOneAfterAnother(t *testing.T) {
	in := input(2)
	in.Settings.Faults = []string{"stagger"}
	p := build(t, in)
	lags := map[float64]bool{}
	for _, members := range p.Gates() {
		first := p.Deliveries[members[0]-1]
		if first.Fault != "stagger" {
			continue
		}
		if len(members) != 3 || first.Lag != nil {
			t.Fatalf("gate %d: %d copies, the first one's lag is %v", first.Gate, len(members), first.Lag)
		}
		second, third := p.Deliveries[members[1]-1].Lag, p.Deliveries[members[2]-1].Lag
		if second == nil || third == nil || *third != 2**second || *third >= 1 {
			t.Errorf("gate %d lags by %v and %v", first.Gate, second, third)
			continue
		}
		lags[*second] = true
	}
	if len(lags) < 4 {
		t.Errorf("only the lags %v are there", lags)
	}
}
