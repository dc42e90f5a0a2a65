package chaos_test

import (
	"math"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
)

func traffic(t testing.TB, s chaos.Shares, seed uint64) *chaos.Traffic {
	t.Helper()
	in := input(seed)
	in.Settings.Faults = nil
	tr, err := chaos.NewTraffic(in, s, build(t, in), 20)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func hits(t testing.TB, tr *chaos.Traffic, n int) []chaos.Hit {
	t.Helper()
	var out []chaos.Hit
	for range n {
		h, err := tr.Next()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	return out
}

var someShares = chaos.Shares{Duplicates: 0.1, Races: 0.2, Reorders: 0.1, BadSignatures: 0.05}

func TestTrafficIsOfTheSeed(t *testing.T) {
	a, b := hits(t, traffic(t, someShares, 7), 500), hits(t, traffic(t, someShares, 7), 500)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed made other traffic")
	}
	if reflect.DeepEqual(a[:50], hits(t, traffic(t, someShares, 8), 50)) {
		t.Error("another seed made the same traffic")
	}
}

// The shares are of deliveries; numbers go on from the plan's; an event has its ids to itself, and is not duplicated too early.
func TestTrafficKeepsItsShares(t *testing.T) {
	in := input(1)
	in.Settings.Faults = nil
	plan := build(t, in)
	next := len(plan.Deliveries)
	tr := traffic(t, someShares, 1)
	firstHit, keys, gates := map[string]int{}, plan.EventByKey(), map[int]int{}
	count, total := map[string]float64{}, 0.0
	all := hits(t, tr, 3000)
	for i, h := range all {
		for _, e := range h.Events {
			if keys[e.Key] != nil || firstHit[e.Key] != 0 {
				t.Fatalf("the key %s is used twice", e.Key)
			}
			firstHit[e.Key] = i + 1
		}
		for j, d := range h.Deliveries {
			if next++; d.N != next || h.Of[j].Key != d.Event {
				t.Fatalf("delivery %d of %s has the number %d", next, d.Event, d.N)
			}
			if d.Fault == "duplicate" && i+1-firstHit[d.Event] < 20 {
				t.Fatalf("a duplicate %d hits after its event", i+1-firstHit[d.Event])
			}
			if d.Gate != 0 {
				gates[d.Gate]++
			}
			count[d.Fault]++
			total++
		}
	}
	for fault, want := range map[string]float64{"duplicate": 0.1, "race": 0.2, "reorder": 0.1, "bad-signature": 0.05, "": 0.55} {
		if got := count[fault] / total; math.Abs(got-want) > 0.02 {
			t.Errorf("the share of %q is %.3f, not %.2f", fault, got, want)
		}
	}
	for g, n := range gates {
		if n != in.Settings.Race {
			t.Fatalf("gate %d has %d copies", g, n)
		}
	}
	if got := float64(len(all)) / total; math.Abs(got-tr.HitsPerDelivery()) > 0.02 {
		t.Errorf("%.3f hits per delivery, %.3f promised", got, tr.HitsPerDelivery())
	}
}

// Traffic has no end, so it must not keep what it made.
func TestTrafficForgets(t *testing.T) {
	tr := traffic(t, someShares, 1)
	heap := func() float64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	run := func(n int) {
		for range n {
			if _, err := tr.Next(); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(1000)
	before := heap()
	run(5000)
	if grown := heap() - before; grown > 512<<10 {
		t.Errorf("5000 hits left %.0f bytes behind", grown)
	}
	runtime.KeepAlive(tr)
}

func TestTrafficSaysWhatItCannot(t *testing.T) {
	for want, c := range map[string]struct {
		shares chaos.Shares
		change func(*chaos.Input)
	}{
		"--secret":          {chaos.Shares{BadSignatures: 0.1}, func(in *chaos.Input) { in.Settings.Signed = false }},
		"speak of one":      {chaos.Shares{Reorders: 0.1}, func(in *chaos.Input) { in.Events = in.Events[:1] }},
		"at least 5%":       {chaos.Shares{Races: 0.5, Duplicates: 0.5}, func(*chaos.Input) {}},
		"between 0%":        {chaos.Shares{Races: math.NaN()}, func(*chaos.Input) {}},
		"--keep-ids":        {chaos.Shares{}, func(in *chaos.Input) { in.Settings.KeepIDs = true }},
		"no events to plan": {chaos.Shares{}, func(in *chaos.Input) { in.Events = nil }},
	} {
		in := input(1)
		c.change(&in)
		if _, err := chaos.NewTraffic(in, c.shares, replay.Plan{}, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func BenchmarkTraffic(b *testing.B) {
	tr := traffic(b, chaos.Shares{Duplicates: 0.05, Races: 0.05}, 1)
	for b.Loop() {
		if _, err := tr.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

// Over several replicas the copies of a race meet different ones, and a duplicate another than its event did.
func TestTrafficOverReplicas(t *testing.T) {
	in := input(3)
	in.Settings.Faults, in.Settings.Replicas = nil, 2
	tr, err := chaos.NewTraffic(in, someShares, build(t, in), 20)
	if err != nil {
		t.Fatal(err)
	}
	first, count := map[string]int{}, map[int]int{}
	for i, h := range hits(t, tr, 2000) {
		reached := map[int]bool{}
		for _, d := range h.Deliveries {
			count[d.Replica]++
			reached[d.Replica] = true
			if d.Fault == "duplicate" && first[d.Event] == d.Replica {
				t.Fatalf("hit %d: the duplicate goes to replica %d again", i, d.Replica)
			}
			if d.Fault == "" {
				first[d.Event] = d.Replica
			}
		}
		if h.Deliveries[0].Gate != 0 && len(reached) != 2 {
			t.Fatalf("hit %d: all copies of a race go to one replica: %v", i, reached)
		}
	}
	if len(count) != 2 || count[1] < 1000 || count[2] < 1000 {
		t.Errorf("deliveries per replica: %v", count)
	}
}
