package dispatch

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"hookonce/replay"
)

// denseGate holds two copies of each of so many events.
func denseGate(events int) []replay.Delivery {
	var ds []replay.Delivery
	for i := range events {
		ds = append(ds, gateOf(2, fmt.Sprintf("e%d", i))...)
	}
	return ds
}

func TestADenseGateIsReleasedAtOnce(t *testing.T) {
	w := newWitness(100)
	ds := denseGate(50)
	for i := range ds {
		ds[i].Gate = 4
	}
	m := all(t, planOf(ds...), serve(t, w.ServeHTTP), options())
	g := replay.GateOf(1, attemptsOf(m))
	if !w.overlapped() || !g.Overlapped || g.Copies != 100 || g.Events != 50 || g.Met != 50 {
		t.Errorf("server saw overlap: %t, gate: %+v", w.overlapped(), g)
	}
}

// The copies of an event go together, and those of the next one when they are answered, or that takes long.
func TestAVolleyGoesEventByEvent(t *testing.T) {
	for name, w := range map[string]http.HandlerFunc{
		"answered": func(http.ResponseWriter, *http.Request) {},
		"held":     newWitness(40).ServeHTTP, // nothing is answered until all are there
	} {
		m := all(t, planOf(denseGate(20)...), serve(t, w), options())
		as := attemptsOf(m)
		slices.SortFunc(as, func(a, b replay.Attempt) int { return cmp.Compare(a.Delivery, b.Delivery) })
		for i := 2; i < len(as); i += 2 {
			released, before := min(as[i].LastByte, as[i+1].LastByte), max(as[i-2].LastByte, as[i-1].LastByte)
			if answered := max(as[i-2].FirstByte, as[i-1].FirstByte); released < min(answered, before+volleyPause) {
				t.Errorf("%s: event %d was released at %s, the one before at %s, and answered at %s", name, i/2, released, before, answered)
			}
		}
		if g := replay.GateOf(1, as); name == "held" && g.Met != 20 {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

// What control taught of the latency bounds a crowd: its last copy is to be answered long before the sender's patience ends.
func TestADenseGateIsReleasedInPartsWhereTheEndpointIsSlow(t *testing.T) {
	of := map[string]*witness{"e0": newWitness(2), "e1": newWitness(2), "e2": newWitness(2)}
	to := serve(t, func(rw http.ResponseWriter, r *http.Request) { of[r.Header.Get("X-Event")].ServeHTTP(rw, r) })
	r, steps, out := runnerOf(t, planOf(denseGate(3)...), to)
	r.typical.all = patient / crowdShare / 3 // so that three copies would be answered in time, and four would not
	if err := r.step(&schedule{}, steps[0]); err != nil {
		t.Fatal(err)
	}
	as := make([]replay.Attempt, 6)
	for range as {
		a := <-out
		as[a.Delivery-1] = a
	}
	for e := range 3 {
		if g := replay.GateOf(1, as[2*e:2*e+2]); !g.Overlapped {
			t.Errorf("event %d: %+v", e, g)
		}
	}
	if as[2].LastByte < max(as[0].FirstByte, as[1].FirstByte) {
		t.Error("the second event was released before the first one was answered")
	}
}

func TestWholeEvents(t *testing.T) {
	var shots []*shot
	for _, key := range []string{"a", "a", "a", "b", "b", "c", "c"} {
		shots = append(shots, &shot{d: replay.Delivery{Event: key}})
	}
	for n, want := range map[int]int{0: 3, 1: 3, 3: 3, 4: 3, 5: 5, 6: 5, 7: 7, 100: 7} {
		if got := wholeEvents(shots, n); got != want {
			t.Errorf("of %d: %d, want %d", n, got, want)
		}
	}
}

func TestACrowdIsAsLargeAsItsAnswersAllow(t *testing.T) {
	var c crowd
	if n := c.limit(time.Second, 100*time.Millisecond); n != 10 {
		t.Errorf("%d at first, want 10", n)
	}
	c.answered(10, 100*time.Millisecond) // all together took as long as one by itself
	if n := c.limit(time.Second, 100*time.Millisecond); n != 100 {
		t.Errorf("%d where all are answered together, want 100", n)
	}
	c.narrow(8)
	if n := c.limit(time.Second, 100*time.Millisecond); n != 8 {
		t.Errorf("%d where only 8 connect, want 8", n)
	}
}

// A dense gate needs more room than there is for all else, and goes alone.
func TestADenseGateGoesAlone(t *testing.T) {
	to := serve(t, func(http.ResponseWriter, *http.Request) {})
	o := options()
	o.MaxInFlight = 4
	ds := append([]replay.Delivery{{Event: "x"}, {Event: "y"}}, denseGate(10)...)
	m := all(t, planOf(append(ds, replay.Delivery{Event: "z"})...), to, o)
	gate := m[3].LastByte
	if m[1].End > gate || m[2].End > gate || m[23].Start < gate {
		t.Errorf("released at %s beside others: %v, %v, %v", gate, m[1].End, m[2].End, m[23].Start)
	}
}

// Both orders are used, so that an endpoint is met that hands out request by request, and one that divides them by halves.
func TestDenseOrders(t *testing.T) {
	var shots []*shot
	for i, event := range []string{"a", "a", "b", "b", "b", "c", "c"} {
		shots = append(shots, &shot{d: replay.Delivery{N: i + 1, Event: event}})
	}
	for gate, want := range []string{"1362475", "1234567", "1234567", "1234567", "1362475"} {
		got := ""
		for _, s := range inTurn(gate, shots) {
			got += fmt.Sprint(s.d.N)
		}
		if got != want {
			t.Errorf("gate %d: %s, want %s", gate, got, want)
		}
	}
}
