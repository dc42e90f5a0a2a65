package dispatch

import (
	"reflect"
	"runtime"
	"testing"

	"hookonce/replay"
)

func TestEveryReleaseOverlaps(t *testing.T) {
	for _, how := range releases {
		t.Run(string(how), func(t *testing.T) {
			for _, n := range []int{2, 3, 7} {
				w := newWitness(n)
				o := options()
				o.Release = how
				m := all(t, planOf(gateOf(n, "e")...), serve(t, w.ServeHTTP), o)
				if g := replay.GateOf(1, attemptsOf(m)); !w.overlapped() || !g.Overlapped || g.Copies != n {
					t.Errorf("server saw overlap: %t, gate: %+v", w.overlapped(), g)
				}
			}
		})
	}
}

func TestMixedReleasesTakeTurns(t *testing.T) {
	r, pairs := &runner{}, 0
	for gate := 1; gate <= 4; gate++ {
		if reflect.ValueOf(r.releaseOf(gate)).Pointer() == reflect.ValueOf(pair).Pointer() {
			pairs++
		}
	}
	want := 0
	if pairServes() {
		want = 2
	}
	if pairs != want {
		t.Errorf("%d of 4 gates are released by a pair, want %d", pairs, want)
	}
}

func TestUnknownReleaseIsRefused(t *testing.T) {
	o := options()
	o.Release = "sideways"
	if _, err := o.complete(); err == nil {
		t.Error("taken")
	}
}

func TestCalibrationMeasures(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux stamps arrivals; elsewhere both releases are used")
	}
	for _, let := range []release{backToBack, pair} {
		if d, ok := spread(let); !ok || d <= 0 {
			t.Errorf("spread %s, measured: %t", d, ok)
		}
	}
}
