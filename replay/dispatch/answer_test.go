package dispatch

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hookonce/replay"
)

func one() replay.Plan { return planOf(replay.Delivery{Event: "e"}) }

func TestAnswers(t *testing.T) {
	ok := "HTTP/1.1 200 OK\r\n"
	for name, c := range map[string]struct {
		wire string
		want replay.Attempt
	}{
		"length":       {ok + "Content-Length: 2\r\n\r\nhi", replay.Attempt{Outcome: replay.Acked, Status: 200, Body: "hi"}},
		"chunked":      {ok + "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n1\r\n!\r\n0\r\nT: x\r\n\r\n", replay.Attempt{Outcome: replay.Acked, Status: 200, Body: "hi!"}},
		"until closed": {ok + "\r\nhi", replay.Attempt{Outcome: replay.Acked, Status: 200, Body: "hi"}},
		"bare LF":      {"HTTP/1.0 202 Fine\nContent-Length: 0\n\n", replay.Attempt{Outcome: replay.Acked, Status: 202}},
		"interim":      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "Content-Length: 0\r\n\r\n", replay.Attempt{Outcome: replay.Acked, Status: 200}},
		"no content":   {"HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", replay.Attempt{Outcome: replay.Acked, Status: 204}},
		"redirect":     {"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", replay.Attempt{Outcome: replay.Refused, Status: 302}},
		"retry after":  {"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", replay.Attempt{Outcome: replay.Refused, Status: 429, RetryAfter: 7 * time.Second}},
		"huge wait":    {"HTTP/1.1 503 No\r\nRetry-After: 999999999999999\r\nContent-Length: 0\r\n\r\n", replay.Attempt{Outcome: replay.Refused, Status: 503, RetryAfter: maxRetryAfter}},

		"nothing":          {"", replay.Attempt{Outcome: replay.Unknown, Error: "connection closed without an answer"}},
		"half a head":      {"HTTP/1.1 20", replay.Attempt{Outcome: replay.Unknown, Error: "connection closed within the answer"}},
		"half a body":      {ok + "Content-Length: 9\r\n\r\nhi", replay.Attempt{Outcome: replay.Unknown, Error: "connection closed within the answer (status 200)"}},
		"half a chunk":     {ok + "Transfer-Encoding: chunked\r\n\r\n9\r\nhi", replay.Attempt{Outcome: replay.Unknown, Error: "connection closed within the answer (status 200)"}},
		"not HTTP":         {"220 mail.example.com ESMTP\r\n", replay.Attempt{Outcome: replay.Unknown, Error: `malformed answer: it begins with "220 mail.example.com ESMTP"`}},
		"upgrade":          {"HTTP/1.1 101 Switching\r\n\r\n", replay.Attempt{Outcome: replay.Unknown, Error: "malformed answer: status 101 without being asked"}},
		"two lengths":      {ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", replay.Attempt{Outcome: replay.Unknown, Error: `malformed answer: content length "3"`}},
		"negative length":  {ok + "Content-Length: -2\r\n\r\n", replay.Attempt{Outcome: replay.Unknown, Error: `malformed answer: content length "-2"`}},
		"unknown coding":   {ok + "Transfer-Encoding: gzip\r\n\r\n", replay.Attempt{Outcome: replay.Unknown, Error: `malformed answer: transfer encoding "gzip"`}},
		"bad chunk":        {ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", replay.Attempt{Outcome: replay.Unknown, Error: `malformed answer: chunk size "xyz" (status 200)`}},
		"folded":           {ok + "A: b\r\n c\r\n\r\n", replay.Attempt{Outcome: replay.Unknown, Error: `malformed answer: header line " c"`}},
		"endless headers":  {ok + strings.Repeat("A: b\r\n", 20000), replay.Attempt{Outcome: replay.Unknown, Error: "malformed answer: a line or the headers are too long"}},
		"endless interims": {strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 40), replay.Attempt{Outcome: replay.Unknown, Error: "malformed answer: more than 32 interim answers"}},
	} {
		t.Run(name, func(t *testing.T) {
			to := script(t, func(conn net.Conn) { _, _ = io.WriteString(conn, c.wire) })
			a := all(t, one(), to, options())[1]
			w := c.want
			if a.Outcome != w.Outcome || a.Status != w.Status || a.Body != w.Body || a.RetryAfter != w.RetryAfter || a.Error != w.Error {
				t.Errorf("got  %+v\nwant %+v", a, w)
			}
			if (a.FirstByte != 0) != (c.wire != "") {
				t.Errorf("first byte at %s", a.FirstByte)
			}
		})
	}
}

func TestBodiesThatNeverEnd(t *testing.T) {
	for name, c := range map[string]struct {
		head string
		part string
		slow bool
	}{
		"gigabyte": {"Content-Length: 1000000000\r\n\r\n", strings.Repeat("x", 1<<16), false},
		"endless":  {"\r\n", strings.Repeat("x", 1<<16), false},
		"chunks":   {"Transfer-Encoding: chunked\r\n\r\n", "10000\r\n" + strings.Repeat("x", 1<<16) + "\r\n", false},
		"drip":     {"Content-Length: 1000\r\n\r\n", "x", true},
	} {
		t.Run(name, func(t *testing.T) {
			var written atomic.Int64
			to := script(t, func(conn net.Conn) {
				_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+c.head)
				for err == nil {
					var n int
					n, err = io.WriteString(conn, c.part)
					written.Add(int64(n))
					if c.slow {
						time.Sleep(5 * time.Millisecond)
					}
				}
			})
			o := options()
			if c.slow {
				o.Patience = 100 * time.Millisecond
			}
			a := all(t, one(), to, o)[1]
			if c.slow {
				if a.Outcome != replay.Unknown || a.Error != "no complete answer within 100ms (status 200)" {
					t.Errorf("%+v", a)
				}
				return
			}
			if a.Outcome != replay.Acked || len(a.Body) != replay.MaxBody || !a.Truncated {
				t.Errorf("%s, %d bytes kept, truncated: %t, %s", a.Outcome, len(a.Body), a.Truncated, a.Error)
			}
			if n := written.Load(); n > 64<<20 {
				t.Errorf("%d bytes were taken", n)
			}
		})
	}
}

func TestLargeAnswerKeepsConnection(t *testing.T) {
	var conns atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, strings.Repeat("x", 200_000))
	}))
	s.Config.ConnState = func(_ net.Conn, st http.ConnState) {
		if st == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	ds := make([]replay.Delivery, 20)
	for i := range ds {
		ds[i] = replay.Delivery{Event: "e", Role: replay.RoleDuplicate}
	}
	o := options()
	o.MaxInFlight = 1
	for _, a := range all(t, planOf(ds...), targetOf(t, s.URL), o) {
		if a.Outcome != replay.Acked || !a.Truncated || len(a.Body) != replay.MaxBody {
			t.Errorf("delivery %d: %s, %d bytes", a.Delivery, a.Outcome, len(a.Body))
		}
	}
	if n := conns.Load(); n != 1 {
		t.Errorf("%d connections for deliveries one after another, want 1", n)
	}
}

func TestPatience(t *testing.T) {
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	})
	o := options()
	o.Patience = 50 * time.Millisecond
	ds := append(gateOf(2, "g"), replay.Delivery{Event: "e"})
	for _, a := range all(t, planOf(ds...), to, o) {
		if a.Outcome != replay.Unknown || a.Error != "no complete answer within 50ms" || a.End-a.Start < o.Patience || a.FirstByte != 0 {
			t.Errorf("%+v", a)
		}
	}
}

// The endpoint closes each connection a moment after its answer, without having said so.
func TestIdleConnectionsClosedByServer(t *testing.T) {
	var conns atomic.Int32
	to := listen(t, func(c net.Conn) {
		conns.Add(1)
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, req.Body)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	})
	var ds []replay.Delivery
	for i := range 10 {
		ds = append(ds, replay.Delivery{Event: "e", Role: replay.RoleDuplicate, After: i, Wait: 20 * time.Millisecond})
	}
	o := options()
	o.TimeScale = 1
	for _, a := range all(t, planOf(ds...), to, o) {
		if a.Outcome != replay.Acked {
			t.Errorf("%+v", a)
		}
	}
	if n := conns.Load(); n < 10 {
		t.Errorf("%d connections, want one for each delivery", n)
	}
}

// What was found closed before the first byte left is sent again; nobody can have read it.
func TestStaleConnectionIsReplaced(t *testing.T) {
	var calls atomic.Int32
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		calls.Add(1)
	})
	r, steps, out := runnerOf(t, one(), to)
	r.places[0].pool.idle = append(r.places[0].pool.idle, closedConn(t, r))
	if err := r.step(&schedule{}, steps[0]); err != nil {
		t.Fatal(err)
	}
	if a := <-out; a.Outcome != replay.Acked || calls.Load() != 1 {
		t.Errorf("%d calls, %+v", calls.Load(), a)
	}
}

// A connection that breaks after the request was read is never tried again.
func TestNeverSentTwice(t *testing.T) {
	var requests atomic.Int32
	to := listen(t, func(c net.Conn) {
		br := bufio.NewReader(c)
		for n := range 2 {
			req, err := http.ReadRequest(br)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, req.Body)
			requests.Add(1)
			if n == 0 {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			}
		}
	})
	o := options()
	o.MaxInFlight = 1
	m := all(t, planOf(replay.Delivery{Event: "a"}, replay.Delivery{Event: "b"}), to, o)
	if m[1].Outcome != replay.Acked || m[2].Outcome != replay.Unknown || requests.Load() != 2 {
		t.Errorf("%d requests, %+v", requests.Load(), m)
	}
}

// An endpoint that refuses a large body unread and keeps the connection open must not block the sender.
func TestEarlyAnswerToLargeBody(t *testing.T) {
	to := listen(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
		<-t.Context().Done()
	})
	p := one()
	p.Events[0].Body = make([]byte, 32<<20)
	a := all(t, p, to, options())[1]
	if a.Outcome != replay.Refused || a.Status != http.StatusRequestEntityTooLarge || a.LastByte != 0 {
		t.Errorf("%s %d %s, last byte %s", a.Outcome, a.Status, a.Error, a.LastByte)
	}
}

func TestLargeBodyArrives(t *testing.T) {
	to := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(w, n)
	})
	p := one()
	p.Events[0].Body = make([]byte, 8<<20)
	if a := all(t, p, to, options())[1]; a.Body != "8388608" {
		t.Errorf("%+v", a)
	}
}

func TestTLSWithHTTP2Server(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = io.WriteString(w, r.Proto)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	to := targetOf(t, s.URL)
	to.TLS = s.Client().Transport.(*http.Transport).TLSClientConfig
	if a := all(t, one(), to, options())[1]; a.Outcome != replay.Acked || a.Body != "HTTP/1.1" {
		t.Errorf("%+v", a)
	}
	to.TLS = nil
	if a := all(t, one(), to, options())[1]; a.Outcome != replay.Unsent || !strings.Contains(a.Error, "certificate") {
		t.Errorf("%+v", a)
	}
}
