package redisstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
	"hookonce/dedupe/redisstore"
	"hookonce/dedupe/storetest/redisserver"
)

// lossy dials connections that lose one reply whenever they are told to: the command was carried out,
// and the client never learns it.
type lossy struct {
	armed atomic.Bool
	lost  atomic.Int32
}

type lossyConn struct {
	net.Conn
	owner *lossy
}

func (l *lossy) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &lossyConn{c, l}, nil
}

func (c *lossyConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == nil && c.owner.armed.CompareAndSwap(true, false) {
		c.owner.lost.Add(1)
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

// servers are the single servers; each returns its address.
func servers() []struct {
	name string
	open func(testing.TB) string
} {
	return []struct {
		name string
		open func(testing.TB) string
	}{
		{"miniredis", func(tb testing.TB) string { return miniredis.RunT(tb).Addr() }},
		{"redis", func(tb testing.TB) string { return redisserver.Start(tb) }},
		{"valkey", func(tb testing.TB) string { return redisserver.Valkey(tb).Start(tb) }},
	}
}

func basicClaim(token string) dedupe.Claim {
	return dedupe.Claim{Source: "src", Subject: "s", Event: "e", Token: token, Version: "1", Lease: time.Minute, Retention: time.Hour}
}

func basicCompletion(token string) dedupe.Completion {
	return dedupe.Completion{Source: "src", Subject: "s", Event: "e", Token: token, Version: "1", Result: "r", Retention: time.Hour}
}

// TestLostReplyIsSentAgain loses the reply to every kind of call under a driver
// that sends it again by itself: the answer must be the first one.
func TestLostReplyIsSentAgain(t *testing.T) {
	for _, srv := range servers() {
		t.Run(srv.name, func(t *testing.T) {
			l := &lossy{}
			store := lossyStore(t, srv.open(t), l, 3)
			l.armed.Store(true)
			wantClaim(t, store, basicClaim("A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			hold := dedupe.Hold{Source: "src", Subject: "s", Event: "e", Token: "A", Lease: time.Minute, Retention: time.Hour}
			l.armed.Store(true)
			if ok, err := store.Release(t.Context(), hold); err != nil || !ok {
				t.Errorf("release: got %v %v, want true", ok, err)
			}
			l.armed.Store(true)
			wantClaim(t, store, basicClaim("B"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 2})
			hold.Token = "B"
			l.armed.Store(true)
			if ok, err := store.Renew(t.Context(), hold); err != nil || !ok {
				t.Errorf("renew: got %v %v, want true", ok, err)
			}
			l.armed.Store(true)
			if done, err := store.Complete(t.Context(), basicCompletion("B")); err != nil || done != dedupe.CompletedOK {
				t.Errorf("complete: got %v %v, want ok", done, err)
			}
			if n := l.lost.Load(); n != 5 {
				t.Errorf("%d replies were lost, want 5: the fault did not fire", n)
			}
		})
	}
}

// TestLostReplyIsAnError loses replies under a driver that does not send again: the
// call is an error, and the same call by the caller gets the first answer.
func TestLostReplyIsAnError(t *testing.T) {
	for _, srv := range servers() {
		t.Run(srv.name, func(t *testing.T) {
			l := &lossy{}
			store := lossyStore(t, srv.open(t), l, -1)
			l.armed.Store(true)
			if a, err := store.Claim(t.Context(), basicClaim("A")); err == nil {
				t.Fatalf("a lost reply was answered %+v", a)
			}
			wantClaim(t, store, basicClaim("A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			l.armed.Store(true)
			if done, err := store.Complete(t.Context(), basicCompletion("A")); err == nil {
				t.Fatalf("a lost reply was answered %q", done)
			}
			if done, err := store.Complete(t.Context(), basicCompletion("A")); err != nil || done != dedupe.CompletedOK {
				t.Errorf("complete: got %v %v, want ok", done, err)
			}
		})
	}
}

// lossyStore is a store whose scripts are known to the server and whose connection is open.
func lossyStore(t *testing.T, addr string, l *lossy, retries int) *redisstore.Store {
	t.Helper()
	rdb := redis.NewClient(&redis.Options{Addr: addr, Dialer: l.dial, MaxRetries: retries, PoolSize: 1})
	t.Cleanup(func() { _ = rdb.Close() })
	store := redisstore.New(rdb)
	warm := basicClaim("warm")
	warm.Event = "warm"
	wantClaim(t, store, warm, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
	h := dedupe.Hold{Source: "src", Subject: "s", Event: "warm", Token: "warm", Lease: time.Minute, Retention: time.Hour}
	_, errRenew := store.Renew(t.Context(), h)
	_, errRelease := store.Release(t.Context(), h)
	done := basicCompletion("nobody")
	_, errComplete := store.Complete(t.Context(), done)
	if err := errors.Join(errRenew, errRelease, errComplete); err != nil {
		t.Fatal(err)
	}
	return store
}

// TestScriptFlush forgets the scripts between a claim and its completion.
func TestScriptFlush(t *testing.T) {
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			rdb := e.open(t)
			store := redisstore.New(rdb)
			wantClaim(t, store, basicClaim("A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			if err := rdb.ScriptFlush(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			wantClaim(t, store, basicClaim("A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			if done, err := store.Complete(t.Context(), basicCompletion("A")); err != nil || done != dedupe.CompletedOK {
				t.Errorf("complete: got %v %v, want ok", done, err)
			}
		})
	}
}

// TestRefusals puts a real server into states where it refuses writes. Each call is an
// error that names the reason, the endpoint answers 503 without running the handler, and after
// the recovery the event is worked on.
func TestRefusals(t *testing.T) {
	for _, fault := range []struct{ name, begin, end, reason string }{
		{"read-only replica", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE", "READONLY"},
		{"out of memory", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM"},
	} {
		t.Run(fault.name, func(t *testing.T) {
			addr := redisserver.Start(t)
			rdb := redis.NewClient(&redis.Options{Addr: addr})
			t.Cleanup(func() { _ = rdb.Close() })
			ep := newEndpoint(t, rdb)
			ep.want(http.StatusOK, "evt_before")
			command(t, addr, fault.begin)
			_, err := redisstore.New(rdb).Claim(t.Context(), basicClaim("A"))
			if err == nil || !strings.Contains(err.Error(), fault.reason) {
				t.Errorf("claim: got %v, want an error with %s", err, fault.reason)
			}
			ep.want(http.StatusServiceUnavailable, "evt_1")
			command(t, addr, fault.end)
			ep.want(http.StatusOK, "evt_1")
			ep.want(http.StatusOK, "evt_1")
			if ep.runs["evt_1"] != 1 {
				t.Errorf("the handler ran %d times, want once", ep.runs["evt_1"])
			}
		})
	}
}

// TestGone stops the server: connections are refused, and so is the event.
func TestGone(t *testing.T) {
	m := miniredis.RunT(t)
	ep := newEndpoint(t, redis.NewClient(&redis.Options{Addr: m.Addr(), MaxRetries: 1}))
	ep.want(http.StatusOK, "evt_1")
	m.Close()
	ep.want(http.StatusServiceUnavailable, "evt_1")
	ep.want(http.StatusServiceUnavailable, "evt_2")
	if err := m.Restart(); err != nil {
		t.Fatal(err)
	}
	ep.want(http.StatusOK, "evt_1")
	ep.want(http.StatusOK, "evt_2")
	if ep.runs["evt_1"] != 1 || ep.runs["evt_2"] != 1 {
		t.Errorf("runs %v, want each once", ep.runs)
	}
}

// TestGoneBeforeCompletion loses the server while the handler runs: its 200 must not
// go out, because nothing records it.
func TestGoneBeforeCompletion(t *testing.T) {
	m := miniredis.RunT(t)
	ep := newEndpoint(t, redis.NewClient(&redis.Options{Addr: m.Addr(), MaxRetries: -1}))
	ep.during = m.Close
	ep.want(http.StatusServiceUnavailable, "evt_1")
}

// TestForeignReplies feeds the store what its scripts never say.
func TestForeignReplies(t *testing.T) {
	for _, reply := range []any{nil, "claimed", int64(1), []any{}, []any{"claimed"}, []any{"claimed", "0", "0", "", "", ""},
		[]any{"claimed", "x", "0", "", "", ""}, []any{"busy", "0", "-5", "", "", ""}, []any{"CLAIMED", "1", "0", "", "", ""},
		[]any{"", "", "", "", "", ""}, []any{nil, nil, nil, nil, nil, nil}} {
		store := redisstore.New(fake{reply})
		if a, err := store.Claim(t.Context(), basicClaim("A")); err == nil {
			t.Errorf("claim: reply %v was answered %+v", reply, a)
		}
		if done, err := store.Complete(t.Context(), basicCompletion("A")); err == nil {
			t.Errorf("complete: reply %v was answered %q", reply, done)
		}
	}
}

// fake answers every script with one reply.
type fake struct{ reply any }

func (f fake) cmd(ctx context.Context) *redis.Cmd {
	c := redis.NewCmd(ctx)
	c.SetVal(f.reply)
	return c
}

func (f fake) Eval(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd { return f.cmd(ctx) }
func (f fake) EvalSha(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	return f.cmd(ctx)
}
func (f fake) EvalRO(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	return f.cmd(ctx)
}
func (f fake) EvalShaRO(ctx context.Context, _ string, _ []string, _ ...any) *redis.Cmd {
	return f.cmd(ctx)
}
func (f fake) ScriptExists(ctx context.Context, _ ...string) *redis.BoolSliceCmd {
	return redis.NewBoolSliceCmd(ctx)
}
func (f fake) ScriptLoad(ctx context.Context, _ string) *redis.StringCmd {
	return redis.NewStringCmd(ctx)
}

// endpoint is a guarded handler that counts its runs per event.
type endpoint struct {
	*testing.T
	handler http.Handler
	runs    map[string]int
	during  func()
}

func newEndpoint(t *testing.T, rdb *redis.Client) *endpoint {
	t.Helper()
	t.Cleanup(func() { _ = rdb.Close() })
	g := &dedupe.Guard{Store: redisstore.New(rdb), Options: dedupe.Options{Lease: 30 * time.Millisecond, Retention: time.Hour}}
	wrap, err := g.Middleware(dedupe.HTTP{Source: dedupe.Fixed("src"), Key: dedupe.Header("Event-Id")})
	if err != nil {
		t.Fatal(err)
	}
	e := &endpoint{T: t, runs: map[string]int{}}
	e.handler = wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		e.runs[r.Header.Get("Event-Id")]++
		if e.during != nil {
			e.during()
		}
	}))
	return e
}

func (e *endpoint) want(status int, event string) {
	e.Helper()
	w := e.deliver(event)
	if w.Code != status {
		e.Errorf("%s: got %d, want %d", event, w.Code, status)
	}
	if w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		e.Errorf("%s: 503 without Retry-After", event)
	}
}

func (e *endpoint) deliver(event string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader("{}"))
	r.Header.Set("Event-Id", event)
	w := httptest.NewRecorder()
	e.handler.ServeHTTP(w, r)
	return w
}

func command(t *testing.T, addr, line string) {
	t.Helper()
	if reply, err := redisserver.Command(addr, line); err != nil || reply != "+OK" {
		t.Fatalf("%s: %s %v", line, reply, err)
	}
}
