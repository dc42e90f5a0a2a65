package dispatch

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"hookonce/replay"
)

func controls(n int) []replay.Delivery {
	ds := make([]replay.Delivery, n)
	for i := range ds {
		ds[i] = replay.Delivery{Event: "a", Phase: replay.PhaseControl, Role: replay.RoleDuplicate}
	}
	return ds
}

// The redelivery comes while the first delivery is still being worked on: the handler of the
// first does not return before it has.
func TestHangUpWhileHandlerRuns(t *testing.T) {
	var calls atomic.Int32
	second, overlapped := make(chan struct{}), make(chan bool, 1)
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get("X-Event") != "a-late" {
			time.Sleep(50 * time.Millisecond) // the work: this is what the latency is learned from
			return
		}
		if calls.Add(1) == 2 {
			close(second)
			return
		}
		select {
		case <-second:
			overlapped <- true
		case <-time.After(patient):
			overlapped <- false
		}
	})
	ds := append(controls(3),
		replay.Delivery{Event: "a-late", Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: share(0.5)}}},
		replay.Delivery{Event: "a-late", Role: replay.RoleRedelivery, After: 4})
	m := all(t, planOf(ds...), to, options())
	if a := m[4]; !a.Fired || a.Outcome != replay.Unknown || a.HangUpAt < 25*time.Millisecond || a.End < a.LastByte+a.HangUpAt {
		t.Errorf("hang-up: %+v", a)
	}
	if a := m[5]; a.Outcome != replay.Acked {
		t.Errorf("redelivery: %+v", a)
	}
	if !<-overlapped {
		t.Error("the redelivery did not come while the first was worked on")
	}
}

// Half the latency of a handler of 100 microseconds is shorter than any timer. A machine that others share may be
// late for it in one round, but not in all.
func TestHangUpOnFastHandler(t *testing.T) {
	const n, rounds = 40, 20
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for end := time.Now().Add(100 * time.Microsecond); time.Now().Before(end); {
		}
	})
	ds := controls(9)
	for range n {
		ds = append(ds, replay.Delivery{Event: "a", Role: replay.RoleDuplicate, After: len(ds),
			Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: share(0.5)}}})
	}
	o := options()
	o.MaxInFlight = 1
	most := 0
	for range rounds {
		fired := 0
		for d, a := range all(t, planOf(ds...), to, o) {
			if d > 9 && a.Fired {
				fired++
			}
			if a.Fired && (a.FirstByte != 0 || a.HangUpAt <= 0 || a.Status != 0) {
				t.Errorf("%+v", a)
			}
		}
		if most = max(most, fired); most >= n/2 {
			return
		}
	}
	t.Errorf("%d of %d hang-ups fired in the best of %d rounds", most, n, rounds)
}

func TestHangUpMoments(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get("X-Event") == "blocked" {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
	})
	ds := append(controls(1),
		replay.Delivery{Event: "blocked", Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: share(0)}}},
		replay.Delivery{Event: "quick", Conditions: replay.Conditions{HangUp: &replay.HangUp{Latency: share(1000)}}})
	ds[0].At = 0
	m := all(t, planOf(ds...), to, options())
	if a := m[2]; !a.Fired || a.HangUpAt != 0 || a.LastByte == 0 {
		t.Errorf("at once: %+v", a)
	}
	if a := m[3]; a.Fired || a.Outcome != replay.Acked || a.HangUpAt == 0 {
		t.Errorf("the answer came first: %+v", a)
	}
}

func TestHangUpWithinBody(t *testing.T) {
	type got struct {
		n   int
		len int64
		err error
	}
	for _, f := range []float64{0, 0.5, 1} {
		seen := make(chan got, 1)
		to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			seen <- got{len(b), r.ContentLength, err}
		})
		p := planOf(replay.Delivery{Event: "e", Conditions: replay.Conditions{HangUp: &replay.HangUp{Body: share(f)}}})
		p.Events[0].Body = make([]byte, 100)
		a := all(t, p, to, options())[1]
		want := min(int(f*100), 99)
		if g := <-seen; g.n != want || g.len != 100 || !errors.Is(g.err, io.ErrUnexpectedEOF) {
			t.Errorf("share %v: the endpoint read %+v, want %d bytes", f, g, want)
		}
		if !a.Fired || a.Outcome != replay.Unknown || a.LastByte != 0 || a.HangUpAt <= 0 {
			t.Errorf("share %v: %+v", f, a)
		}
	}
}

func TestMedians(t *testing.T) {
	var l latencies
	add := func(typ string, o replay.Outcome, latency time.Duration) {
		l.add(typ, replay.Attempt{Outcome: o, LastByte: 100, FirstByte: 100 + latency})
	}
	if d := l.medians().of("a"); d != 0 {
		t.Errorf("nothing learned: %v", d)
	}
	add("a", replay.Acked, 10)
	add("a", replay.Acked, 30)
	add("b", replay.Acked, 100)
	add("b", replay.Refused, 1)
	m := l.medians()
	if m.of("a") != 20 || m.of("b") != 100 || m.of("c") != 30 {
		t.Errorf("a %v, b %v, other %v; want 20, 100, 30", m.of("a"), m.of("b"), m.of("c"))
	}
}
