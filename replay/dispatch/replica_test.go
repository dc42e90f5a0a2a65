package dispatch

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"hookonce/replay"
)

// Each copy reaches the replica that the plan names, and a gate over several is proven to overlap as one.
func TestGateOverReplicas(t *testing.T) {
	w := newWitness(4)
	to := serve(t, w.ServeHTTP)
	for range 3 {
		to.Replicas = append(to.Replicas, serve(t, w.ServeHTTP).URL)
	}
	var ds []replay.Delivery
	for i := range 4 {
		ds = append(ds, replay.Delivery{Event: "a", Replica: 1 + (i+2)%4, Conditions: replay.Conditions{Gate: 1}})
	}
	var made []replay.Attempt
	for n, a := range all(t, planOf(ds...), to, options()) {
		if want := 1 + (n+1)%4; a.Replica != want || a.Outcome != replay.Acked {
			t.Errorf("delivery %d: %s by replica %d, want %d", n, a.Outcome, a.Replica, want)
		}
		made = append(made, a)
	}
	if g := replay.GateOf(1, made); !g.Overlapped || g.Replicas != 4 || !w.overlapped() {
		t.Errorf("%+v; the replicas say %v", g, w.overlapped())
	}
}

// Every replica has its own address and its own Host, and no other gets what is not its.
func TestReplicasAreSeparate(t *testing.T) {
	hosts := make(chan string, 10)
	handler := func(_ http.ResponseWriter, r *http.Request) { hosts <- r.Host }
	to := serve(t, handler)
	to.Replicas = []*url.URL{serve(t, handler).URL}
	for n, u := range []*url.URL{to.URL, to.URL, to.Replicas[0]} {
		all(t, planOf(replay.Delivery{Event: "a", Replica: n}), to, options())
		if got := <-hosts; got != u.Host {
			t.Errorf("replica %d: sent to %s, want %s", n, got, u.Host)
		}
	}
}

func TestReplicaThatIsNotThere(t *testing.T) {
	to := serve(t, func(http.ResponseWriter, *http.Request) {})
	for _, n := range []int{-1, 2} {
		_, err := Run(t.Context(), planOf(replay.Delivery{Event: "a", Replica: n}), to, options())
		if !errors.Is(err, ErrPlan) {
			t.Errorf("replica %d: %v", n, err)
		}
	}
	to.Replicas = []*url.URL{{Scheme: "http", Host: "127.0.0.1:1"}}
	if err := Probe(t.Context(), to, 0); !errors.Is(err, ErrUnreachable) {
		t.Errorf("a replica that is down: %v", err)
	}
}
