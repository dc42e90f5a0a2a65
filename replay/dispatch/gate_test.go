package dispatch

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"testing"
	"time"

	"hookonce/replay"
)

// witness is an endpoint that stamps by its own clock when each request was complete and when it was answered.
// It answers when all expected copies are there, or when it has waited long enough to be sure that they never will.
type witness struct {
	mu       sync.Mutex
	expected int
	complete []time.Time
	answered []time.Time
	there    chan struct{}
}

func newWitness(expected int) *witness {
	return &witness{expected: expected, there: make(chan struct{})}
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.mu.Lock()
	w.complete = append(w.complete, time.Now())
	if len(w.complete) == w.expected {
		close(w.there)
	}
	w.mu.Unlock()
	select {
	case <-w.there:
		time.Sleep(20 * time.Millisecond) // the work: a stamp on a busy machine may be a little late
	case <-time.After(patient / 2):
	}
	w.mu.Lock()
	w.answered = append(w.answered, time.Now())
	w.mu.Unlock()
}

// overlapped says whether all requests were complete before any was answered.
func (w *witness) overlapped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.complete {
		for _, a := range w.answered {
			if !c.Before(a) {
				return false
			}
		}
	}
	return len(w.complete) == w.expected
}

func gateOf(n int, key string) []replay.Delivery {
	ds := make([]replay.Delivery, n)
	for i := range ds {
		ds[i] = replay.Delivery{Event: key, Role: replay.RoleDuplicate, Conditions: replay.Conditions{Gate: 1}}
	}
	return ds
}

func attemptsOf(m map[int]replay.Attempt) []replay.Attempt {
	var as []replay.Attempt
	for _, a := range m {
		as = append(as, a)
	}
	return as
}

func TestGateOverlaps(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		for _, n := range []int{2, 4, 8, 100} {
			t.Run(fmt.Sprint(scheme, n), func(t *testing.T) {
				w := newWitness(n)
				s := httptest.NewUnstartedServer(w)
				start := s.Start
				if scheme == "https" {
					start = s.StartTLS
				}
				start()
				t.Cleanup(s.Close)
				to := targetOf(t, s.URL)
				if scheme == "https" {
					to.TLS = s.Client().Transport.(*http.Transport).TLSClientConfig
				}
				m := all(t, planOf(gateOf(n, "e")...), to, options())
				g := replay.GateOf(1, attemptsOf(m))
				if !w.overlapped() || !g.Overlapped || g.Copies != n {
					t.Errorf("server saw overlap: %t, gate: %+v", w.overlapped(), g)
				}
			})
		}
	}
}

func TestStaggeredGateDoesNotOverlap(t *testing.T) {
	to := serve(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
	o := options()
	o.release = func(now func() time.Duration, shots []*shot) {
		shots[0].letGo(now)
		for len(shots[0].c.answers) == 0 {
			runtime.Gosched()
		}
		for _, s := range shots[1:] {
			s.letGo(now)
		}
	}
	m := all(t, planOf(gateOf(3, "e")...), to, o)
	if g := replay.GateOf(1, attemptsOf(m)); g.Overlapped || g.Copies != 3 {
		t.Errorf("staggered gate: %+v", g)
	}
}

// A gate needs all its slots: it waits for requests under way, and is larger than the bound here.
func TestGateAmongOthers(t *testing.T) {
	w := newWitness(4)
	to := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Event") == "raced" {
			w.ServeHTTP(rw, r)
		}
	})
	ds := []replay.Delivery{{Event: "a1"}, {Event: "a2"}, {Event: "a3"}}
	ds = append(ds, gateOf(4, "raced")...)
	ds = append(ds, replay.Delivery{Event: "b", After: 5})
	o := options()
	o.MaxInFlight = 2
	m := all(t, planOf(ds...), to, o)
	var gate []replay.Attempt
	for n := 4; n <= 7; n++ {
		gate = append(gate, m[n])
		if m[8].Start < m[n].End {
			t.Errorf("delivery 8 began at %s, before copy %d of the gate it waits for ended at %s", m[8].Start, n, m[n].End)
		}
	}
	if g := replay.GateOf(1, gate); !g.Overlapped || !w.overlapped() {
		t.Errorf("gate %+v, server saw overlap: %t", g, w.overlapped())
	}
}

// An endpoint that answers on the headers alone was not raced.
func TestGateAnsweredEarly(t *testing.T) {
	to := listen(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
			_, _ = io.Copy(io.Discard, c)
		}
	})
	m := all(t, planOf(gateOf(2, "e")...), to, options())
	for _, a := range m {
		if a.Status != http.StatusUnauthorized || a.Outcome != replay.Refused || a.Latency() != 0 {
			t.Errorf("%+v", a)
		}
	}
	if g := replay.GateOf(1, attemptsOf(m)); g.Overlapped {
		t.Errorf("%+v", g)
	}
}

// Kept connections that the endpoint closed meanwhile are replaced before the release.
func TestGateOnClosedConnections(t *testing.T) {
	w := newWitness(3)
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	r, steps, out := runnerOf(t, planOf(gateOf(3, "e")...), targetOf(t, s.URL))
	for range 3 {
		r.places[0].pool.idle = append(r.places[0].pool.idle, closedConn(t, r))
	}
	if err := r.step(&schedule{}, steps[0]); err != nil {
		t.Fatal(err)
	}
	var as []replay.Attempt
	for range 3 {
		as = append(as, <-out)
	}
	if g := replay.GateOf(1, as); !g.Overlapped || !w.overlapped() {
		t.Errorf("gate %+v of %+v", g, as)
	}
}
