package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"go.uber.org/goleak"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func identify(_ http.Header, body []byte) (e replay.Event, err error) {
	var v struct{ ID, Subject, Version string }
	if err := json.Unmarshal(body, &v); err != nil {
		return e, err
	}
	if v.ID == "" {
		return e, errors.New("no id")
	}
	return replay.Event{Key: v.ID, Subject: v.Subject, Version: v.Version, Provider: "test"}, nil
}

func verify(h http.Header, _ []byte) error {
	if h.Get("Signature") != "good" {
		return errors.New("bad")
	}
	return nil
}

// endpoint starts a handler behind a test server, on a clock that stands still.
func endpoint(t *testing.T, name string, s reference.Setup) (*httptest.Server, *reference.LiveWorld) {
	t.Helper()
	z, ok := zoo.Find(name)
	if !ok {
		t.Fatalf("no handler %s", name)
	}
	s.StandStill = true
	w, err := reference.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(New(Options{World: w.World, Handler: z.Handler, Verify: verify, Identify: identify}))
	t.Cleanup(func() {
		srv.Close()
		http.DefaultClient.CloseIdleConnections()
		if err := w.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return srv, w
}

func post(t *testing.T, url string, body io.Reader, signature string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/webhook", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Signature", signature)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp
}

func event(id, subject, version string) io.Reader {
	return strings.NewReader(fmt.Sprintf(`{"id":%q,"subject":%q,"version":%q}`, id, subject, version))
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func TestEndpoint(t *testing.T) {
	srv, _ := endpoint(t, "no-version", reference.Setup{})
	if got := get(t, srv.URL+"/effects") + get(t, srv.URL+"/state"); got != `{"processed":[]}[]` {
		t.Errorf("before anything: %s", got)
	}
	for _, e := range []io.Reader{event("evt_1", "cus", "9"), event("evt_2", "cus", "8"), event("evt_1", "cus", "9")} {
		if r := post(t, srv.URL, e, "good"); r.StatusCode != 200 || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("status %d, header %v", r.StatusCode, r.Header)
		}
	}
	if got, want := get(t, srv.URL+"/effects"), `{"processed":[{"id":"evt_1","count":1},{"id":"evt_2","count":1}]}`; got != want {
		t.Errorf("effects %s, want %s", got, want)
	}
	if got, want := get(t, srv.URL+"/state"), `[{"subject":"cus","version":"8","versions":["9","8"],"deleted":false}]`; got != want {
		t.Errorf("state %s, want %s", got, want)
	}
}

func TestRefusals(t *testing.T) {
	srv, w := endpoint(t, "hardened", reference.Setup{})
	for name, tt := range map[string]struct {
		body      io.Reader
		signature string
		want      int
	}{
		"bad signature": {event("evt", "", ""), "bad", http.StatusUnauthorized},
		"no JSON":       {strings.NewReader("{"), "good", http.StatusBadRequest},
		"no id":         {strings.NewReader("{}"), "good", http.StatusBadRequest},
		"too large":     {io.LimitReader(zeros{}, MaxBody+1), "good", http.StatusRequestEntityTooLarge},
	} {
		if r := post(t, srv.URL, tt.body, tt.signature); r.StatusCode != tt.want {
			t.Errorf("%s: status %d, want %d", name, r.StatusCode, tt.want)
		}
	}
	for _, tt := range []struct {
		method, path string
		want         int
	}{{"HEAD", "/webhook", 405}, {"GET", "/webhook", 405}, {"POST", "/effects", 405}, {"POST", "/", 404}, {"HEAD", "/", 404}} {
		req, _ := http.NewRequestWithContext(t.Context(), tt.method, srv.URL+tt.path, nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("%s %s: status %d, want %d", tt.method, tt.path, resp.StatusCode, tt.want)
		}
	}
	// A body that breaks off was never delivered.
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodPost, "/webhook", io.MultiReader(event("evt", "", ""), iotest.ErrReader(io.ErrUnexpectedEOF)))
	srv.Config.Handler.ServeHTTP(rec, req)
	if rec.Code != http.StatusBadRequest || len(w.Ledger.Counts()) != 0 {
		t.Errorf("half a body: status %d, effects %v", rec.Code, w.Ledger.Counts())
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// The handler goes on when the client has hung up, and its effect is told at once.
func TestWorksOnAfterHangUp(t *testing.T) {
	committed, entered := make(chan reference.Commit, 2), make(chan struct{})
	release := make(chan struct{})
	srv, _ := endpoint(t, "hardened", reference.Setup{
		OnCommit: func(c reference.Commit) { committed <- c },
		Downstream: func(ctx context.Context, _ replay.Event, _ string) error {
			close(entered)
			<-release
			return ctx.Err()
		}})
	ctx, cancel := context.WithCancel(t.Context())
	req, _ := http.NewRequestWithContext(ctx, http.MethodPost, srv.URL+"/webhook", event("evt", "cus", "1"))
	req.Header.Set("Signature", "good")
	gone := make(chan error, 1)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		gone <- err
	}()
	<-entered
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Fatalf("the client got %v", err)
	}
	close(release)
	if c := <-committed; c.Event != "evt" || c.Effect != reference.Charge {
		t.Errorf("commit %+v", c)
	}
	if c := <-committed; c.Subject != "cus" || c.Version != "1" {
		t.Errorf("commit %+v", c)
	}
}

// In flight, a duplicate of article is told 200; hardened is asked to come back.
func TestInFlight(t *testing.T) {
	for name, want := range map[string]int{"article": 200, "busy-200": 200, "hardened": 503, "no-version": 503} {
		t.Run(name, func(t *testing.T) {
			entered, release := make(chan struct{}, 1), make(chan struct{})
			srv, _ := endpoint(t, name, reference.Setup{Downstream: func(context.Context, replay.Event, string) error {
				entered <- struct{}{}
				<-release
				return nil
			}})
			var first sync.WaitGroup
			first.Go(func() { post(t, srv.URL, event("evt", "", ""), "good") })
			<-entered
			r := post(t, srv.URL, event("evt", "", ""), "good")
			if r.StatusCode != want || (want == 503) != (r.Header.Get("Retry-After") != "") {
				t.Errorf("status %d, Retry-After %q, want %d", r.StatusCode, r.Header.Get("Retry-After"), want)
			}
			close(release)
			first.Wait()
		})
	}
}

// What article forgets when its lock expires, hardened remembers.
func TestClockIsMoved(t *testing.T) {
	for name, want := range map[string]int{"article": 2, "hardened": 1} {
		srv, w := endpoint(t, name, reference.Setup{})
		post(t, srv.URL, event("evt", "", ""), "good")
		if !w.Advance(71 * time.Hour) {
			t.Error("the clock cannot be moved")
		}
		post(t, srv.URL, event("evt", "", ""), "good")
		if got := w.Ledger.Counts(); got[0].Count != want {
			t.Errorf("%s: %v, want %d", name, got, want)
		}
	}
}

func TestFailsFirst(t *testing.T) {
	srv, w := endpoint(t, "hardened", reference.Setup{Fails: reference.FailFirst})
	for _, want := range []int{503, 200, 200} {
		if r := post(t, srv.URL, event("evt", "", ""), "good"); r.StatusCode != want {
			t.Errorf("status %d, want %d", r.StatusCode, want)
		}
	}
	if got := w.Ledger.Counts(); len(got) != 1 || got[0].Count != 1 {
		t.Errorf("effects %v", got)
	}
}

func TestDownstream(t *testing.T) {
	type call struct{ key, body string }
	var mu sync.Mutex
	var calls []call
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, call{r.Header.Get("Idempotency-Key"), string(b)})
		if len(calls) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	t.Cleanup(api.Close)
	down, err := Downstream(api.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	srv, w := endpoint(t, "hardened", reference.Setup{Downstream: down})
	for _, want := range []int{503, 200, 200} {
		if r := post(t, srv.URL, event("evt", "", ""), "good"); r.StatusCode != want {
			t.Errorf("status %d, want %d", r.StatusCode, want)
		}
	}
	want := call{"evt", `{"effect":"charge","event":"evt"}`}
	if len(calls) != 2 || calls[0] != want || calls[1] != want || w.Ledger.Counts()[0].Count != 1 {
		t.Errorf("calls %v, effects %v", calls, w.Ledger.Counts())
	}
	for _, bad := range []string{"", "ftp://x", "http://", "://", "localhost:80"} {
		if _, err := Downstream(bad, nil); err == nil {
			t.Errorf("%q is taken for an URL", bad)
		}
	}
}

// A stop lets the delivery under way finish.
func TestServeStopsGracefully(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		w.WriteHeader(http.StatusTeapot)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served, status := make(chan error, 1), make(chan int, 1)
	go func() { served <- Serve(ctx, l, h) }()
	go func() {
		resp, err := http.Get("http://" + l.Addr().String())
		if err != nil {
			status <- 0
			return
		}
		resp.Body.Close()
		status <- resp.StatusCode
	}()
	<-entered
	cancel()
	close(release)
	if s := <-status; s != http.StatusTeapot {
		t.Errorf("status %d", s)
	}
	if err := <-served; err != nil {
		t.Errorf("error %v", err)
	}
	http.DefaultClient.CloseIdleConnections()
}
