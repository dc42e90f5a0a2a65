package dispatch

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hookonce/replay"
)

func TestMain(m *testing.M) {
	if work := os.Getenv(sinkWork); work != "" {
		d, err := time.ParseDuration(work)
		if err != nil {
			os.Exit(1)
		}
		beSink(d)
		return
	}
	goleak.VerifyTestMain(m)
}

// patient is far longer than anything a test waits for on purpose.
const patient = 20 * time.Second

// planOf numbers the deliveries and makes their events, whose type is their key's first letter.
func planOf(ds ...replay.Delivery) replay.Plan {
	p := replay.Plan{Schema: replay.PlanSchema}
	seen := map[string]bool{}
	for i := range ds {
		d := &ds[i]
		if d.N == 0 {
			d.N = i + 1
		}
		if d.Phase == "" {
			d.Phase = replay.PhaseFault
		}
		if d.Role == "" {
			d.Role = replay.RoleFirst
		}
		if !seen[d.Event] {
			seen[d.Event] = true
			p.Events = append(p.Events, replay.Event{Key: d.Event, Type: d.Event[:1], Body: []byte(`{"id":"` + d.Event + `"}`)})
		}
	}
	p.Deliveries = ds
	return p
}

func options() Options {
	return Options{
		Sign: func(e replay.Event, _ replay.Sending) (http.Header, []byte, error) {
			return http.Header{"X-Event": {e.Key}}, e.Body, nil
		},
		Acknowledges: func(_ string, status int) bool { return status >= 200 && status <= 299 },
		Patience:     patient,
	}
}

func targetOf(t *testing.T, address string) Target {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return Target{URL: u}
}

// run sends a plan and reads nothing before the run is over: a consumer must not matter.
func run(t *testing.T, p replay.Plan, to Target, o Options) ([]replay.Attempt, error) {
	t.Helper()
	r, err := Run(t.Context(), p, to, o)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Err()
	return drain(r), err
}

func drain(r *Running) []replay.Attempt {
	var as []replay.Attempt
	for a := range r.Attempts {
		as = append(as, a)
	}
	return as
}

// all runs a plan that must go through, and returns its attempts by delivery.
func all(t *testing.T, p replay.Plan, to Target, o Options) map[int]replay.Attempt {
	t.Helper()
	as, err := run(t, p, to, o)
	if err != nil {
		t.Fatal(err)
	}
	m := map[int]replay.Attempt{}
	for _, a := range as {
		if _, twice := m[a.Delivery]; twice {
			t.Errorf("delivery %d has two attempts", a.Delivery)
		}
		m[a.Delivery] = a
		checkTimes(t, a)
	}
	if len(m) != len(p.Deliveries) {
		t.Errorf("%d attempts for %d deliveries", len(m), len(p.Deliveries))
	}
	return m
}

func checkTimes(t *testing.T, a replay.Attempt) {
	t.Helper()
	if (a.Start <= 0) != needless(a) || a.End < a.Start || a.LastByte != 0 && a.LastByte < a.Start || a.FirstByte > a.End {
		t.Errorf("delivery %d: times out of order: %+v", a.Delivery, a)
	}
}

// serve starts an HTTP server.
func serve(t *testing.T, h http.HandlerFunc) Target {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return targetOf(t, s.URL+"/hook?x=1")
}

// script starts a server that reads one request per connection, writes these bytes, and closes.
func script(t *testing.T, respond func(c net.Conn)) Target {
	t.Helper()
	return listen(t, func(c net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		respond(c)
	})
}

// listen starts a server of bare connections.
func listen(t *testing.T, handle func(c net.Conn)) Target {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				handle(c)
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return targetOf(t, fmt.Sprintf("http://%s/", l.Addr()))
}

func share(f float64) *float64 { return &f }

// runnerOf is a run that has not begun.
func runnerOf(t *testing.T, p replay.Plan, to Target) (*runner, []step, <-chan replay.Attempt) {
	t.Helper()
	e, err := to.endpoint()
	if err != nil {
		t.Fatal(err)
	}
	o, err := options().complete()
	if err != nil {
		t.Fatal(err)
	}
	steps, err := compile(p)
	if err != nil {
		t.Fatal(err)
	}
	out := make(chan replay.Attempt, len(p.Deliveries))
	r := newRunner(t.Context(), p, []*endpoint{e}, o, out)
	t.Cleanup(r.hands.rest)
	t.Cleanup(func() {
		r.work.Wait()
		r.places.everywhere((*pool).close)
	})
	return r, steps, out
}

// closedConn is a kept connection whose end nobody has looked at yet: the failure is only
// found once a request claims the connection, as if the endpoint had closed it that very moment.
func closedConn(t *testing.T, r *runner) *conn {
	t.Helper()
	c, err := r.places[0].pool.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.close()
	<-c.gone
	c.gone = make(chan struct{})
	c.used, c.since = true, r.clock.now()
	c.state.Store(idle)
	c.answers <- answer{silent: true, err: io.EOF, first: r.clock.now()}
	return c
}
