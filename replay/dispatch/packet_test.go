package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"hookonce/replay"
)

// serveH2 starts a server that speaks HTTP/2, with TLS or by prior knowledge, beside HTTP/1.1.
func serveH2(t *testing.T, secure bool, h http.Handler) Target {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetHTTP1(true)
	s.Config.Protocols.SetUnencryptedHTTP2(!secure)
	s.Config.Protocols.SetHTTP2(secure)
	start := s.Start
	if s.EnableHTTP2 = secure; secure {
		start = s.StartTLS
	}
	start()
	t.Cleanup(s.Close)
	to := targetOf(t, s.URL+"/hook?x=1")
	if secure {
		to.TLS = s.Client().Transport.(*http.Transport).TLSClientConfig
	}
	return to
}

func byH2(o Options) Options {
	o.Transport = TransportH2
	return o
}

func TestPacketGateOverlaps(t *testing.T) {
	for _, secure := range []bool{false, true} {
		for _, n := range []int{2, 8, 100} {
			t.Run(fmt.Sprint(secure, n), func(t *testing.T) {
				w := newWitness(n)
				var other atomic.Int32
				to := serveH2(t, secure, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
					if r.ProtoMajor != 2 || r.URL.RequestURI() != "/hook?x=1" || r.Header.Get("X-Event") != "e" {
						other.Add(1)
					}
					w.ServeHTTP(rw, r)
				}))
				m := all(t, planOf(gateOf(n, "e")...), to, byH2(options()))
				g := replay.GateOf(1, attemptsOf(m))
				if !w.overlapped() || !g.Overlapped || g.Copies != n || g.Spread != 0 || other.Load() != 0 {
					t.Errorf("server saw overlap: %t, other requests: %d, gate: %+v", w.overlapped(), other.Load(), g)
				}
				for _, a := range m {
					if a.Outcome != replay.Acked || a.Status != 200 {
						t.Errorf("%+v", a)
					}
				}
			})
		}
	}
}

// TestPacketSmallTable: a server that remembers few headers is spoken to accordingly.
func TestPacketSmallTable(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Config.HTTP2 = &http.HTTP2Config{MaxDecoderHeaderTableSize: 64}
	s.Start()
	t.Cleanup(s.Close)
	for _, a := range all(t, planOf(gateOf(8, "e")...), targetOf(t, s.URL), byH2(options())) {
		if a.Outcome != replay.Acked || a.Status != 200 {
			t.Errorf("%+v", a)
		}
	}
}

// TestPacketBodies: bodies beyond the windows and the frames of HTTP/2 arrive whole, and so do answers.
func TestPacketBodies(t *testing.T) {
	big := strings.Repeat("x", 300<<10)
	p := planOf(gateOf(3, "e")...)
	p.Events[0].Body = []byte(big)
	to := serveH2(t, true, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		got, _ := io.ReadAll(r.Body)
		rw.Header().Set("Retry-After", "7")
		rw.Header().Set(replay.NoRetryHeader, "1")
		rw.WriteHeader(503)
		_, _ = fmt.Fprintf(rw, "%d %s", len(got), big)
	}))
	for _, a := range all(t, p, to, byH2(options())) {
		if a.Outcome != replay.Refused || a.Status != 503 || a.RetryAfter != 7*time.Second || !a.NoRetry || !a.Truncated ||
			!strings.HasPrefix(a.Body, fmt.Sprint(len(big), " x")) || len(a.Body) != replay.MaxBody {
			t.Errorf("%d %s %s %t %t %.20q %s", a.Status, a.Outcome, a.RetryAfter, a.NoRetry, a.Truncated, a.Body, a.Error)
		}
	}
}

func TestPacketWithoutBody(t *testing.T) {
	p := planOf(gateOf(2, "e")...)
	p.Events[0].Body = nil
	to := serveH2(t, false, newWitness(2))
	if g := replay.GateOf(1, attemptsOf(all(t, p, to, byH2(options())))); !g.Overlapped {
		t.Errorf("%+v", g)
	}
}

// TestPacketAnsweredEarly: an answer before the request was complete is an answer, and no proof of a race. On a busy machine it may come
// later; then it is tried again.
func TestPacketAnsweredEarly(t *testing.T) {
	to := serveH2(t, false, http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(401) }))
	for range 50 {
		as := attemptsOf(all(t, planOf(gateOf(2, "e")...), to, byH2(options())))
		early, before := 0, false
		for _, a := range as {
			if a.Status != 401 {
				t.Fatalf("%+v", a)
			}
			if a.LastByte == 0 {
				early++
			}
			before = before || a.FirstByte < a.LastByte // it came, and was not read yet
		}
		if g := replay.GateOf(1, as); (early > 0 || before) && g.Overlapped {
			t.Fatalf("%+v of %+v", g, as)
		}
		if early == 2 {
			return
		}
	}
	t.Error("no answer of 50 came before the requests were complete")
}

// TestPacketPatience: no answer in time is unknown, never refused.
func TestPacketPatience(t *testing.T) {
	hang := make(chan struct{})
	to := serveH2(t, false, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-hang
	}))
	t.Cleanup(func() { close(hang) })
	o := byH2(options())
	o.Patience = 200 * time.Millisecond
	for _, a := range all(t, planOf(gateOf(2, "e")...), to, o) {
		if a.Outcome != replay.Unknown || a.LastByte == 0 || !strings.Contains(a.Error, "no complete answer within 200ms") {
			t.Errorf("%+v", a)
		}
	}
}

// TestPacketElsewhere: where HTTP/2 is not spoken after all, or takes fewer copies at once, the gate goes out in HTTP/1.1.
func TestPacketElsewhere(t *testing.T) {
	for name, start := range map[string]func(http.Handler) Target{
		"no HTTP/2": func(h http.Handler) Target { return serve(t, h.ServeHTTP) },
		"few streams": func(h http.Handler) Target {
			s := httptest.NewUnstartedServer(h)
			s.Config.Protocols = new(http.Protocols)
			s.Config.Protocols.SetHTTP1(true)
			s.Config.Protocols.SetUnencryptedHTTP2(true)
			s.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 3}
			s.Start()
			t.Cleanup(s.Close)
			return targetOf(t, s.URL)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWitness(4)
			var major atomic.Int32
			to := start(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if r.Method == "PRI" { // what a greeting in HTTP/2 is to a server that does not know it
					return
				}
				major.Store(int32(r.ProtoMajor))
				w.ServeHTTP(rw, r)
			}))
			g := replay.GateOf(1, attemptsOf(all(t, planOf(gateOf(4, "e")...), to, byH2(options()))))
			if !g.Overlapped || g.Copies != 4 || major.Load() != 1 {
				t.Errorf("%+v in HTTP/%d", g, major.Load())
			}
		})
	}
}

// TestPacketReset: an endpoint that resets a stream, goes away or talks nonsense leaves unknown outcomes.
func TestPacketReset(t *testing.T) {
	for name, answer := range map[string]func(*http2.Framer) error{
		"stream reset": func(f *http2.Framer) error {
			return errors.Join(f.WriteRSTStream(1, http2.ErrCodeRefusedStream), f.WriteRSTStream(3, http2.ErrCodeInternal))
		},
		"went away": func(f *http2.Framer) error { return f.WriteGoAway(0, http2.ErrCodeNo, nil) },
		"no status": func(f *http2.Framer) error {
			return errors.Join(f.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: []byte{0x80 + 2}, EndHeaders: true, EndStream: true}),
				f.WriteHeaders(http2.HeadersFrameParam{StreamID: 3, BlockFragment: nil, EndHeaders: true, EndStream: true}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := listen(t, func(c net.Conn) { playH2(c, 2, answer) })
			for _, a := range all(t, planOf(gateOf(2, "e")...), to, byH2(options())) {
				if a.Outcome != replay.Unknown || a.Error == "" || a.LastByte == 0 {
					t.Errorf("%+v", a)
				}
			}
		})
	}
}

// playH2 is a server that answers once it has so many requests.
func playH2(c net.Conn, requests int, answer func(*http2.Framer) error) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c, preface); err != nil {
		return
	}
	f := http2.NewFramer(c, c)
	if f.WriteSettings() != nil {
		return
	}
	for complete := 0; complete < requests; {
		frame, err := f.ReadFrame()
		if err != nil {
			return
		}
		if d, is := frame.(*http2.DataFrame); is && d.StreamEnded() {
			complete++
		}
	}
	if answer(f) == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(c, 1))
	}
}

func TestChoose(t *testing.T) {
	plain := serve(t, func(http.ResponseWriter, *http.Request) {})
	h2c := serveH2(t, false, newWitness(1))
	secure := serveH2(t, true, newWitness(1))
	old := httptest.NewTLSServer(newWitness(1))
	t.Cleanup(old.Close)
	oldTLS := targetOf(t, old.URL)
	oldTLS.TLS = old.Client().Transport.(*http.Transport).TLSClientConfig
	for _, c := range []struct {
		name   string
		to     Target
		want   Transport
		chosen Transport
		why    string
	}{
		{"auto without TLS", h2c, TransportAuto, TransportRaw, "--transport mixed"},
		{"auto offered", secure, TransportAuto, TransportMixed, "which the target offers"},
		{"auto not offered", oldTLS, TransportAuto, TransportRaw, "offers no HTTP/2"},
		{"asked for", h2c, TransportH2, TransportH2, "single packet"},
		{"mixed", h2c, TransportMixed, TransportMixed, "every third"},
		{"raw", secure, TransportRaw, TransportRaw, "HTTP/1.1"},
		{"refused", plain, TransportH2, "", "does not speak HTTP/2"},
		{"refused by TLS", oldTLS, TransportMixed, "", "does not speak HTTP/2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			chosen, why, err := c.to.Choose(t.Context(), c.want)
			if err != nil {
				why = err.Error()
			}
			if chosen != c.chosen || !strings.Contains(why, c.why) || (err != nil) != (c.chosen == "") || err != nil && !errors.Is(err, ErrNoH2) {
				t.Errorf("%q %q %v", chosen, why, err)
			}
		})
	}
}

// FuzzPacket: whatever an endpoint sends, every copy ends in an attempt.
func FuzzPacket(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x01\x01\x05\x00\x00\x00\x01\x88"))
	f.Add([]byte("\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x04\x08\x00\x00\x00\x00\x00\x00\x00\x01"))
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		near, far := net.Pipe()
		defer far.Close()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		go func() {
			_, _ = far.Write(data)
			_ = far.Close()
		}()
		ctx, cancel := context.WithTimeout(t.Context(), patient)
		defer cancel()
		began := time.Now()
		h := newH2(near, near, func() time.Duration { return max(1, time.Since(began)) }, 0)
		defer context.AfterFunc(ctx, h.close)()
		if h.greet() == nil {
			s, err := h.open(message{line: line{path: "/", host: "h"}}.h2Head("http"), []byte("body"))
			if err == nil {
				err = h.release([]*stream{s})
			}
			if err == nil || len(s.answers) > 0 { // else nothing left, and there is no answer to wait for
				if a := <-s.answers; a.err == nil && a.status < 100 {
					t.Errorf("%+v", a)
				}
			}
		}
		h.close()
		<-h.gone
	})
}
