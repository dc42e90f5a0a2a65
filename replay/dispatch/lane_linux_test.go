package dispatch

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hookonce/replay"
)

// inLine is a plan of deliveries that come one after the other, so that all but the first find a connection.
func inLine(n int) replay.Plan {
	ds := make([]replay.Delivery, n)
	for i := range ds {
		ds[i] = replay.Delivery{Event: "e", Role: replay.RoleDuplicate, After: i}
	}
	return planOf(ds...)
}

// keeping starts a server whose connections are kept, and that has the n-th request (from 1) answered by respond. It closes the
// connection where respond says so.
func keeping(t *testing.T, respond func(c net.Conn, n int) (done bool)) Target {
	return counting(t, new(atomic.Int32), respond)
}

// counting is keeping, and counts the connections.
func counting(t *testing.T, open *atomic.Int32, respond func(c net.Conn, n int) (done bool)) Target {
	var n atomic.Int32
	return listen(t, func(c net.Conn) {
		open.Add(1)
		br := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			if respond(c, int(n.Add(1))) {
				return
			}
		}
	})
}

const plainAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

// Whatever is answered, the lane, a goroutine and a sender make the same of it.
func TestLaneUnderstandsWhatGoroutinesDo(t *testing.T) {
	long := strings.Repeat("x", replay.MaxBody+10)
	for name, c := range map[string]struct {
		parts []string
		done  bool // the connection ends with them
	}{
		"plain":            {parts: []string{plainAnswer}},
		"refused":          {parts: []string{"HTTP/1.1 503 No\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"}},
		"no content":       {parts: []string{"HTTP/1.1 204 No Content\r\n\r\n"}},
		"chunks":           {parts: []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"}},
		"in parts":         {parts: []string{"HTTP/1.1 200 OK\r\nConte", "nt-Length: 4\r\n\r\nab", "cd"}},
		"long":             {parts: []string{fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(long), long)}},
		"interim":          {parts: []string{"HTTP/1.1 103 Early Hints\r\n\r\n" + plainAnswer}},
		"interim in parts": {parts: []string{"HTTP/1.1 103 Early Hints\r\n\r\n", plainAnswer}},
		"to be closed":     {parts: []string{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"}, done: true},
		"until closed":     {parts: []string{"HTTP/1.1 200 OK\r\n\r\nok"}, done: true},
		"closed":           {done: true},
		"cut short":        {parts: []string{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"}, done: true},
		"malformed":        {parts: []string{"SMTP 220\r\n\r\n"}, done: true},
		"too much":         {parts: []string{plainAnswer + plainAnswer}},
	} {
		t.Run(name, func(t *testing.T) {
			told := map[string][]string{}
			for _, way := range []string{"lane", "goroutines", "sender"} {
				to := keeping(t, func(conn net.Conn, n int) bool {
					if n%2 == 1 {
						_, _ = io.WriteString(conn, plainAnswer)
						return false
					}
					for _, part := range c.parts {
						_, _ = io.WriteString(conn, part)
						nap(time.Millisecond)
					}
					return c.done
				})
				o := options()
				o.laneless = way == "goroutines"
				for _, a := range sent(t, way == "sender", inLine(6), to, o) {
					told[way] = append(told[way], fmt.Sprint(a.Outcome, a.Status, len(a.Body), a.Truncated, a.RetryAfter, a.Error, a.FirstByte > 0, a.LastByte > 0))
				}
			}
			for _, way := range []string{"lane", "sender"} {
				if got, hand := strings.Join(told[way], "\n"), strings.Join(told["goroutines"], "\n"); got != hand {
					t.Errorf("%s\n%s\nin goroutines\n%s", way, got, hand)
				}
			}
		})
	}
}

// sent are the attempts of a plan that a run, or a sender, carried out, in the plan's order.
func sent(t *testing.T, bySender bool, p replay.Plan, to Target, o Options) (as []replay.Attempt) {
	if !bySender {
		m := all(t, p, to, o)
		for n := range len(m) {
			as = append(as, m[n+1])
		}
		return as
	}
	s, err := NewSender(to, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, d := range p.Deliveries {
		as = append(as, s.Send(&p.Events[0], d)...)
	}
	return as
}

// A kept connection that the endpoint closed is no attempt: the delivery goes out on another one.
func TestLaneFindsClosedConnections(t *testing.T) {
	closed := make(chan struct{}, 1)
	to := keeping(t, func(c net.Conn, n int) bool {
		_, _ = io.WriteString(c, plainAnswer)
		_ = c.Close()
		closed <- struct{}{}
		return true
	})
	o := options()
	sign, first := o.Sign, true
	o.Sign = func(e replay.Event, s replay.Sending) (http.Header, []byte, error) {
		if !first {
			<-closed
		}
		first = false
		return sign(e, s)
	}
	for _, a := range all(t, inLine(20), to, o) {
		if a.Outcome != replay.Acked {
			t.Errorf("%+v", a)
		}
	}
}

// Patience ends for each delivery on its own, while others are answered.
func TestLaneLosesPatience(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	to := keeping(t, func(c net.Conn, n int) bool {
		if n == 2 {
			<-over
			return true
		}
		_, _ = io.WriteString(c, plainAnswer)
		return false
	})
	o := options()
	o.Patience = 50 * time.Millisecond
	m := all(t, inLine(4), to, o)
	for n, want := range map[int]replay.Outcome{1: replay.Acked, 2: replay.Unknown, 3: replay.Acked, 4: replay.Acked} {
		if a := m[n]; a.Outcome != want || n == 2 && (a.Error != "no complete answer within 50ms" || a.End-a.Start < o.Patience) {
			t.Errorf("%+v", a)
		}
	}
}

// What is under way when the run is aborted ends as unknown, and nothing is waited for.
func TestLaneIsAborted(t *testing.T) {
	over := make(chan struct{})
	defer close(over)
	hard, abort := context.WithCancel(t.Context())
	to := keeping(t, func(c net.Conn, n int) bool {
		if n == 2 {
			abort()
			<-over
			return true
		}
		_, _ = io.WriteString(c, plainAnswer)
		return false
	})
	o := options()
	o.Hard = hard
	as, err := run(t, inLine(4), to, o)
	if err == nil || len(as) != 2 || as[1].Outcome != replay.Unknown || as[1].Error != aborted {
		t.Errorf("%v %+v", err, as)
	}
}

// A run that is stopped begins nothing any more, however much is due and however fast the answers come.
func TestLaneStops(t *testing.T) {
	to := keeping(t, func(c net.Conn, n int) bool {
		_, _ = io.WriteString(c, plainAnswer)
		return false
	})
	ctx, stop := context.WithCancel(t.Context())
	o, signed := options(), atomic.Int32{}
	sign := o.Sign
	o.Sign = func(e replay.Event, s replay.Sending) (http.Header, []byte, error) {
		if signed.Add(1) == 500 {
			stop()
		}
		return sign(e, s)
	}
	r, err := Run(ctx, benchPlan(20_000, 0, []byte("{}")), to, o)
	if err != nil {
		t.Fatal(err)
	}
	as := drain(r)
	if err := r.Err(); err == nil || len(as) < 500 || len(as) > 500+2*DefaultMaxInFlight {
		t.Errorf("%d attempts: %v", len(as), err)
	}
}

// Signatures that take long are made on all processors.
func TestLaneLeavesSlowSignatures(t *testing.T) {
	to := keeping(t, func(c net.Conn, n int) bool {
		_, _ = io.WriteString(c, plainAnswer)
		return false
	})
	var n, at, together atomic.Int32
	o := options()
	sign := o.Sign
	o.Sign = func(e replay.Event, s replay.Sending) (http.Header, []byte, error) {
		if i := n.Add(1); at.Add(1) > 1 && i > 3*laneSlows { // the first ones had no connection yet
			together.Add(1)
		}
		defer at.Add(-1)
		nap(2 * laneSlow)
		return sign(e, s)
	}
	if all(t, benchPlan(6*laneSlows, 0, []byte("{}")), to, o); together.Load() == 0 {
		t.Error("they were made one after the other")
	}
}

// Gates and plain deliveries use the same connections, turn by turn.
func TestLaneBesideGates(t *testing.T) {
	var open atomic.Int32
	to := counting(t, &open, func(c net.Conn, _ int) bool {
		_, _ = io.WriteString(c, plainAnswer)
		return false
	})
	var ds []replay.Delivery
	for i := range 60 {
		d := replay.Delivery{Event: "e", Role: replay.RoleDuplicate, After: i}
		if i%3 == 1 {
			d.Gate = i/3 + 1
		} else if i%3 == 2 {
			d.Gate, d.After = i/3+1, i-1
		}
		ds = append(ds, d)
	}
	for _, a := range all(t, planOf(ds...), to, options()) {
		if a.Outcome != replay.Acked {
			t.Errorf("%+v", a)
		}
	}
	if n := open.Load(); n > 2 {
		t.Errorf("%d connections for two requests at a time", n)
	}
}

// A body that does not fit the socket's buffers, or one that is too large for the lane, is sent by a goroutine.
func TestLaneLeavesLargeBodies(t *testing.T) {
	to := keeping(t, func(c net.Conn, n int) bool {
		_, _ = io.WriteString(c, plainAnswer)
		return false
	})
	text := []byte(strings.Repeat("x", 3<<20))
	sum := sha256.Sum256(text)
	held, kept := inLine(4), inLine(4)
	held.Events[0].Body = text
	kept.Events[0].Body, kept.Events[0].SHA256 = nil, hex.EncodeToString(sum[:])
	kept.Events[0].Read = func() ([]byte, error) { return text, nil }
	for _, p := range []replay.Plan{held, kept} {
		for _, a := range all(t, p, to, options()) {
			if a.Outcome != replay.Acked {
				t.Errorf("%+v", a)
			}
		}
	}
}
