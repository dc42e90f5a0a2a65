package dedupe_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hookonce/dedupe"
)

// hook is the settings most tests use: id, subject and version from the body.
var hook = dedupe.HTTP{
	Source: dedupe.Fixed("src"), Key: dedupe.JSON("id"), Subject: dedupe.Optional(dedupe.JSON("subject")),
	Version: dedupe.Optional(dedupe.JSON("version")), Fingerprint: dedupe.FingerprintWithout("try"),
}

// created answers 201 with a body and counts its runs.
type created struct {
	mu   sync.Mutex
	runs int
}

func (c *created) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	c.runs++
	c.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(body)
}

// guarded wraps a handler with a guard over the store.
func guarded(t *testing.T, g *dedupe.Guard, opt dedupe.HTTP, h http.Handler) http.Handler {
	t.Helper()
	wrap, err := g.Middleware(opt)
	if err != nil {
		t.Fatal(err)
	}
	return wrap(h)
}

// post sends a body and returns the answer.
func post(h http.Handler, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body)))
	return w
}

func keepTies(store dedupe.Store) *dedupe.Guard {
	return &dedupe.Guard{Store: store, Options: dedupe.Options{TieRule: dedupe.TieKeep}}
}

// TestMiddlewareAnswers is the table of answers, without the busy row.
func TestMiddlewareAnswers(t *testing.T) {
	h := &created{}
	store := newSpy(nil)
	m := guarded(t, keepTies(store), hook, h)
	const first = `{"id":"evt_1","subject":"s","version":10,"try":1}`
	for _, step := range []struct {
		name, body string
		status     int
		runs       int
		replayed   bool
	}{
		{"first", first, 201, 1, false},
		{"duplicate", first, 201, 1, true},
		{"redelivery with a volatile field", strings.Replace(first, `"try":1`, `"try":2`, 1), 201, 1, true},
		{"another payload under the key", strings.Replace(first, "10", "11", 1), 422, 1, false},
		{"older version", `{"id":"evt_0","subject":"s","version":9}`, 200, 1, false},
		{"equal version", `{"id":"evt_2","subject":"s","version":10}`, 200, 1, false},
		{"newer version", `{"id":"evt_3","subject":"s","version":11}`, 201, 2, false},
		{"other subject", `{"id":"evt_4","subject":"t","version":1}`, 201, 3, false},
		{"no subject, and a version that says nothing", `{"id":"evt_5","version":1}`, 201, 4, false},
		{"no key", `{"subject":"s"}`, 400, 4, false},
		{"a version that is no number", `{"id":"evt_6","subject":"s","version":"v7"}`, 400, 4, false},
		{"no JSON", `id=evt_1`, 400, 4, false},
	} {
		t.Run(step.name, func(t *testing.T) {
			w := post(m, step.body)
			if w.Code != step.status || h.runs != step.runs || (w.Header().Get(dedupe.ReplayHeader) == "true") != step.replayed {
				t.Errorf("got %d, %d runs, replayed %q; want %d, %d, %v", w.Code, h.runs, w.Header().Get(dedupe.ReplayHeader),
					step.status, step.runs, step.replayed)
			}
			if step.replayed && (w.Body.String() != first || w.Header().Get("Content-Type") != "application/json") {
				t.Errorf("replayed %q as %q, want the first answer", w.Body, w.Header().Get("Content-Type"))
			}
		})
	}
}

func TestMiddlewareStoreErrors(t *testing.T) {
	h := &created{}
	store := newSpy(nil)
	opt := hook
	var reported []error
	opt.Report = func(_ *http.Request, err error) { reported = append(reported, err) }
	g := keepTies(store)
	g.Lease = 30 * time.Millisecond // completions are sent again a thirtieth apart
	m := guarded(t, g, opt, h)
	store.fail["claim"] = 1
	if w := post(m, `{"id":"evt_1"}`); w.Code != 503 || w.Header().Get("Retry-After") != "1" || h.runs != 0 {
		t.Errorf("claim failed: got %d after %q, %d runs", w.Code, w.Header().Get("Retry-After"), h.runs)
	}
	store.fail["complete"] = 100
	if w := post(m, `{"id":"evt_1"}`); w.Code != 503 || w.Header().Get("Retry-After") != "1" || h.runs != 1 {
		t.Errorf("completion failed: got %d after %q, %d runs", w.Code, w.Header().Get("Retry-After"), h.runs)
	}
	if len(reported) != 2 || !errors.Is(reported[0], errDown) || !errors.Is(reported[1], errDown) {
		t.Errorf("reported %v, want both failures", reported)
	}
}

// TestMiddlewareFailure holds that an answer that is not 2xx goes out as it is, and that
// the next delivery runs.
func TestMiddlewareFailure(t *testing.T) {
	for _, status := range []int{301, 400, 404, 410, 500, 503} {
		runs := 0
		m := guarded(t, keepTies(newSpy(nil)), hook, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if runs++; runs == 1 {
				w.Header().Set("X-Reason", "first")
				http.Error(w, "no", status)
			}
		}))
		w := post(m, `{"id":"evt_1"}`)
		if w.Code != status || w.Header().Get("X-Reason") != "first" || w.Body.String() != "no\n" {
			t.Errorf("got %d %q, want the handler's %d", w.Code, w.Body, status)
		}
		if w := post(m, `{"id":"evt_1"}`); w.Code != 200 || runs != 2 {
			t.Errorf("after a %d: got %d and %d runs, want a second run", status, w.Code, runs)
		}
	}
}

func TestMiddlewareBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(5 * time.Second) })
		m := guarded(t, keepTies(newSpy(time.Now)), hook, slow)
		var wg sync.WaitGroup
		wg.Go(func() {
			if w := post(m, `{"id":"evt_1"}`); w.Code != 200 {
				t.Errorf("first: got %d", w.Code)
			}
		})
		time.Sleep(1500 * time.Millisecond)
		if w := post(m, `{"id":"evt_1"}`); w.Code != 503 || w.Header().Get("Retry-After") != "29" {
			t.Errorf("got %d after %q, want 503 and the rest of the lease, rounded up", w.Code, w.Header().Get("Retry-After"))
		}
		wg.Wait()
		if w := post(m, `{"id":"evt_1"}`); w.Code != 200 || w.Header().Get(dedupe.ReplayHeader) == "" {
			t.Errorf("afterwards: got %d, want a replay", w.Code)
		}
	})
}

func TestMiddlewareRetryAfter(t *testing.T) {
	store := newSpy(nil)
	store.fail["claim"] = 1
	opt := hook
	opt.RetryAfter = func(dedupe.Answer) time.Duration { return 90*time.Second + time.Millisecond }
	if w := post(guarded(t, keepTies(store), opt, &created{}), `{"id":"evt_1"}`); w.Header().Get("Retry-After") != "91" {
		t.Errorf("Retry-After %q, want 91", w.Header().Get("Retry-After"))
	}
}

func TestMiddlewareHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			runs++
			time.Sleep(5 * time.Second)
			_, _ = io.WriteString(w, "slow")
		})
		g := keepTies(newSpy(time.Now))
		g.Hold = 8 * time.Second
		m := guarded(t, g, hook, slow)
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if w := post(m, `{"id":"evt_1"}`); w.Code != 200 || w.Body.String() != "slow" {
					t.Errorf("got %d %q", w.Code, w.Body)
				}
			})
		}
		wg.Wait()
		if runs != 1 {
			t.Errorf("the handler ran %d times, want once", runs)
		}
	})
}

// TestMiddlewareOutlivesTheSender hangs up while the handler runs: the work goes on, and the
// redelivery gets its answer.
func TestMiddlewareOutlivesTheSender(t *testing.T) {
	hangUp := func() {}
	runs := 0
	m := guarded(t, keepTies(newSpy(nil)), hook, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		runs++
		hangUp()
		if err := r.Context().Err(); err != nil {
			t.Errorf("the handler's context ended: %v", err)
		}
		_, _ = io.WriteString(w, "done")
	}))
	ctx, cancel := context.WithCancel(t.Context())
	hangUp = cancel
	m.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"id":"evt_1"}`)).WithContext(ctx))
	if w := post(m, `{"id":"evt_1"}`); w.Body.String() != "done" || runs != 1 {
		t.Errorf("redelivery: got %q after %d runs", w.Body, runs)
	}
}

func TestMiddlewareBounds(t *testing.T) {
	opt := hook
	opt.MaxBody = 64
	h := &created{}
	m := guarded(t, keepTies(newSpy(nil)), opt, h)
	if w := post(m, `{"id":"evt_1","pad":"`+strings.Repeat("x", 64)+`"}`); w.Code != 413 || h.runs != 0 {
		t.Errorf("long body: got %d and %d runs", w.Code, h.runs)
	}
	if w := post(m, `{"id":"evt_1"}`); w.Code != 201 {
		t.Errorf("short body: got %d", w.Code)
	}
	long := strings.Repeat("x", dedupe.MaxReplayBody+1)
	m = guarded(t, keepTies(newSpy(nil)), hook, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) }))
	if w := post(m, `{"id":"evt_2"}`); w.Body.String() != long {
		t.Errorf("a long answer was cut to %d bytes", w.Body.Len())
	}
	if w := post(m, `{"id":"evt_2"}`); w.Code != 200 || w.Body.Len() != 0 {
		t.Errorf("replay of a long answer: got %d with %d bytes, want the status alone", w.Code, w.Body.Len())
	}
	if w := post(m, `{"id":"`+strings.Repeat("x", dedupe.MaxName+1)+`"}`); w.Code != 400 {
		t.Errorf("long key: got %d, want 400", w.Code)
	}
}

func TestMiddlewareState(t *testing.T) {
	store := newSpy(nil)
	m := guarded(t, keepTies(store), hook, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		run := dedupe.RunFrom(r.Context())
		if run.Fence != 1 || run.Event.ID != "evt_1" {
			t.Errorf("got %+v", run)
		}
		run.SetState("", "paid", true)
	}))
	post(m, `{"id":"evt_1","subject":"s","version":9007199254740993}`)
	s, ok, err := store.State(t.Context(), "src", "s")
	if want := (dedupe.State{Version: "9007199254740993", Event: "evt_1", Data: "paid", Tombstone: true}); err != nil || !ok || s != want {
		t.Errorf("got %+v %v %v, want %+v", s, ok, err, want)
	}
	if dedupe.RunFrom(t.Context()) != nil {
		t.Error("there is a run outside of one")
	}
}

// TestMiddlewareBadState holds that a handler's own mistake is never acknowledged and not blamed on the sender.
func TestMiddlewareBadState(t *testing.T) {
	m := guarded(t, keepTies(newSpy(nil)), hook, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		dedupe.RunFrom(r.Context()).SetState("v7", "", false)
	}))
	if w := post(m, `{"id":"evt_1","subject":"s"}`); w.Code != 503 {
		t.Errorf("got %d, want 503", w.Code)
	}
}

// TestMiddlewareReplaysForeignResults answers a duplicate of an event that Guard.Do had done.
func TestMiddlewareReplaysForeignResults(t *testing.T) {
	g := keepTies(newSpy(nil))
	m := guarded(t, g, hook, &created{})
	for i, value := range []string{"", "plain", `{"status":500}`, `{"status":200,"order":7}`, `[1]`,
		`{"schema":"hookonce.answer/v1","status":7}`} {
		e := dedupe.Event{Source: "src", ID: string(rune('a' + i))}
		if _, err := g.Do(t.Context(), e, gives(value)); err != nil {
			t.Fatal(err)
		}
		if w := post(m, `{"id":"`+e.ID+`"}`); w.Code != 200 || w.Body.String() != value {
			t.Errorf("%q: got %d %q", value, w.Code, w.Body)
		}
	}
}

// TestMiddlewareReplaysEncodedBodies holds that a body is replayed with what it takes to read it, or not at all.
func TestMiddlewareReplaysEncodedBodies(t *testing.T) {
	for _, c := range []struct {
		encoding []string
		body     string
		replayed string
	}{
		{[]string{"gzip"}, "\x1f\x8b", "gzip: \x1f\x8b"},
		{[]string{"deflate", "gzip"}, "\x1f\x8b", "deflate, gzip: \x1f\x8b"},
		{[]string{"gzip"}, strings.Repeat("\x1f", dedupe.MaxReplayBody+1), ": "},
		{[]string{strings.Repeat("x", 300)}, "?", ": "},
	} {
		m := guarded(t, keepTies(newSpy(nil)), hook, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Encoding"] = c.encoding
			_, _ = io.WriteString(w, c.body)
		}))
		post(m, `{"id":"evt"}`)
		w := post(m, `{"id":"evt"}`)
		if got := w.Header().Get("Content-Encoding") + ": " + w.Body.String(); w.Code != 200 || got != c.replayed {
			t.Errorf("%.20q: replayed as %d %.40q, want %.40q", c.encoding, w.Code, got, c.replayed)
		}
	}
}

// TestMiddlewareNeedsNoVersionWithoutSubject holds that the version of an event without a subject is not asked for.
func TestMiddlewareNeedsNoVersionWithoutSubject(t *testing.T) {
	opt := hook
	opt.Version = dedupe.JSON("version")
	m := guarded(t, keepTies(newSpy(nil)), opt, &created{})
	if w := post(m, `{"id":"evt_1"}`); w.Code != 201 {
		t.Errorf("no subject and no version: %d", w.Code)
	}
	if w := post(m, `{"id":"evt_2","subject":"s"}`); w.Code != 400 {
		t.Errorf("a subject and no version: %d", w.Code)
	}
}

func TestMiddlewarePanics(t *testing.T) {
	runs := 0
	m := guarded(t, keepTies(newSpy(nil)), hook, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if runs++; runs == 1 {
			panic(http.ErrAbortHandler)
		}
	}))
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler {
				t.Error("the panic did not go on")
			}
		}()
		post(m, `{"id":"evt_1"}`)
	}()
	if w := post(m, `{"id":"evt_1"}`); w.Code != 200 || runs != 2 {
		t.Errorf("got %d after %d runs, want the second run", w.Code, runs)
	}
}

func TestMiddlewareOptions(t *testing.T) {
	store := newSpy(nil)
	key := dedupe.JSON("id")
	for _, c := range []struct {
		name string
		g    dedupe.Guard
		opt  dedupe.HTTP
	}{
		{"no store", dedupe.Guard{}, hook},
		{"no source", *keepTies(store), dedupe.HTTP{Key: key}},
		{"no key", *keepTies(store), dedupe.HTTP{Source: dedupe.Fixed("src")}},
		{"version without subject", *keepTies(store), dedupe.HTTP{Source: dedupe.Fixed("src"), Key: key, Version: key}},
		{"version without tie rule", dedupe.Guard{Store: store}, hook},
	} {
		if _, err := c.g.Middleware(c.opt); !errors.Is(err, dedupe.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", c.name, err)
		}
	}
}

func TestExtracts(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header.Set("Event-Id", "e1")
	body := []byte(`{"n":9007199254740993,"s":"text","o":{},"empty":""}`)
	for _, c := range []struct {
		name string
		x    dedupe.Extract
		want string
		ok   bool
	}{
		{"header", dedupe.Header("event-id"), "e1", true},
		{"no header", dedupe.Header("Other"), "", false},
		{"digits", dedupe.JSON("n"), "9007199254740993", true},
		{"text", dedupe.JSON("s"), "text", true},
		{"an object is no text", dedupe.JSON("o"), "", false},
		{"an empty text is none", dedupe.JSON("empty"), "", false},
		{"nothing", dedupe.JSON("x.y"), "", false},
		{"optional", dedupe.Optional(dedupe.JSON("x.y")), "", true},
		{"raw", dedupe.RawHash(), dedupe.RawKey(body), true},
	} {
		got, err := c.x(r, body)
		if got != c.want || (err == nil) != c.ok {
			t.Errorf("%s: got %q %v", c.name, got, err)
		}
	}
	if _, err := dedupe.CanonicalHash()(r, []byte("{")); !errors.Is(err, dedupe.ErrInvalid) {
		t.Errorf("canonical hash of no JSON: %v", err)
	}
	if _, err := dedupe.JSON("id")(r, []byte("{")); err == nil {
		t.Error("no JSON has an id")
	}
}

// TestMiddlewareUnderARealServer races deliveries through net/http.
func TestMiddlewareUnderARealServer(t *testing.T) {
	h := &created{}
	srv := httptest.NewServer(guarded(t, keepTies(newSpy(nil)), hook, h))
	defer srv.Close()
	client := srv.Client()
	defer client.CloseIdleConnections()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			resp, err := client.Post(srv.URL, "application/json", strings.NewReader(`{"id":"evt_1"}`))
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = resp.Body.Close() }()
			if resp.StatusCode != 201 && resp.StatusCode != 503 {
				t.Errorf("got %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
	if h.runs != 1 {
		t.Errorf("the handler ran %d times, want once", h.runs)
	}
}
