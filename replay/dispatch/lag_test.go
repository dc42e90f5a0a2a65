package dispatch

import (
	"net/http"
	"testing"
	"time"

	"hookonce/replay"
)

// A copy that lags behind leaves by a share of the latency after the gate's release, and not before.
func TestCopiesLagBehindByAShareOfTheLatency(t *testing.T) {
	ds := gateOf(3, "e")
	ds[1].Lag, ds[2].Lag = share(0.25), share(0.5)
	w := newWitness(3)
	r, steps, out := runnerOf(t, planOf(ds...), serve(t, func(rw http.ResponseWriter, q *http.Request) { w.ServeHTTP(rw, q) }))
	const latency = 80 * time.Millisecond
	r.typical.all = latency
	if err := r.step(&schedule{}, steps[0]); err != nil {
		t.Fatal(err)
	}
	as := make([]replay.Attempt, 3)
	for range as {
		a := <-out
		as[a.Delivery-1] = a
	}
	for i, want := range []time.Duration{0, latency / 4, latency / 2} {
		if got := as[i].LastByte - as[0].LastByte; got < want {
			t.Errorf("copy %d left %s after the first one, want %s at least", i+1, got, want)
		}
	}
	if !w.overlapped() {
		t.Error("they did not meet in the endpoint")
	}
}

func TestOnlyCopiesOfAGateLagBehind(t *testing.T) {
	d := replay.Delivery{Event: "e"}
	d.Lag = share(0.5)
	if _, err := compile(planOf(d)); err == nil {
		t.Error("a delivery without a gate lags behind nothing, and is taken")
	}
}
