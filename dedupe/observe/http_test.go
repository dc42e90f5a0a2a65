package observe

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hookonce/replay"
)

// page is a server whose answer can be changed.
type page struct {
	*httptest.Server
	body   atomic.Value // string
	status atomic.Int64
}

func newPage(t *testing.T, body string) *page {
	t.Helper()
	p := &page{}
	p.body.Store(body)
	p.status.Store(200)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(int(p.status.Load()))
		io.WriteString(w, p.body.Load().(string))
	}))
	t.Cleanup(p.Close)
	return p
}

func TestHTTPDifferences(t *testing.T) {
	p := newPage(t, `[{"id":"old","count":3}]`)
	s := mustParse(t, p.URL+"/effects", Options{})
	r := mustOpen(t, s)
	for _, step := range []struct{ body, want string }{
		{`[{"id":"old","count":3}]`, "old +3 earlier"},
		{`[{"id":"old","count":3}]`, ""},
		{`[{"id":"old","count":3},{"id":"evt_1","count":2}]`, "evt_1 +2"},
		{`[{"id":"old","count":4},{"id":"evt_1","count":1}]`, "old +1; evt_1 -1"},
		{`[]`, "old -4; evt_1 -1"},
		{`[{"subject":"s","version":1}]`, "s=1"},
	} {
		p.body.Store(step.body)
		mustPoll(t, s)
		if got := strings.Join(r.take(), "; "); got != step.want {
			t.Errorf("%s: got %q, want %q", step.body, got, step.want)
		}
	}
	want := replay.SourceInfo{Label: p.URL + "/effects", Counts: true, States: true}
	if got := s.Info(); got != want {
		t.Errorf("info %+v, want %+v", got, want)
	}
}

func TestHTTPTimes(t *testing.T) {
	p := newPage(t, "[]")
	s := mustParse(t, p.URL, Options{})
	base := time.Now()
	var got []replay.Effect
	if err := s.Open(t.Context(), base, func(e replay.Effect) { got = append(got, e) }); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := time.Since(base)
	mustPoll(t, s) // the last reading that does not see it
	p.status.Store(503)
	if s.Poll(t.Context()) == nil {
		t.Fatal("a poll of a 503 succeeded")
	}
	p.status.Store(200)
	committed := time.Since(base)
	p.body.Store(`["evt_1"]`)
	mustPoll(t, s)
	after := time.Since(base)
	if len(got) != 1 {
		t.Fatalf("effects %v", got)
	}
	if e := got[0]; e.Since < before || e.Since > committed || e.At < committed || e.At > after || e.Earlier {
		t.Errorf("committed at %v, told as (%v, %v]; polls began at %v", committed, e.Since, e.At, before)
	}
}

func TestHTTPCommitted(t *testing.T) {
	for body, want := range map[string]bool{
		`[{"subject":"a","versions":[1,2]}]`:                                   true,
		`[{"subject":"a","versions":[1,2]},{"subject":"b","version":1}]`:       false,
		`[{"subject":"a","version":2}]`:                                        false,
		`[{"subject":"a","versions":[1]},{"subject":"b","versions":[],"x":0}]`: true,
	} {
		p := newPage(t, body)
		s := mustParse(t, p.URL, Options{})
		mustOpen(t, s)
		if got := s.Info(); got.Committed != want || !got.States || got.Counts {
			t.Errorf("%s: %+v, want committed %v", body, got, want)
		}
	}
}

// A source stops being a full history when one state comes without, and does not become one again.
func TestHTTPCommittedIsLost(t *testing.T) {
	p := newPage(t, `[{"subject":"a","versions":[1]}]`)
	s := mustParse(t, p.URL, Options{})
	mustOpen(t, s)
	for _, body := range []string{`[{"subject":"a","version":2}]`, `[{"subject":"a","versions":[1,2]}]`} {
		p.body.Store(body)
		mustPoll(t, s)
		if s.Info().Committed {
			t.Errorf("committed after %s", body)
		}
	}
}

func TestHTTPErrors(t *testing.T) {
	elsewhere := newPage(t, "[]")
	mux := http.NewServeMux()
	answer := func(path string, h http.HandlerFunc) { mux.HandleFunc(path, h) }
	answer("/404", func(w http.ResponseWriter, _ *http.Request) { http.NotFound(w, nil) })
	answer("/html", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>\n</html>") })
	answer("/nan", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"evt_1":NaN}`) })
	answer("/negative", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"evt_1":-1}`) })
	answer("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) })
	answer("/file", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(302)
	})
	answer("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	answer("/cut", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, "[")
	})
	answer("/endless", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := io.WriteString(w, strings.Repeat(`"evt_1",`, 1000)); err != nil {
				return
			}
		}
	})
	answer("/hang", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for path, want := range map[string]string{
		"/404":      "it answered 404 Not Found, want 200 OK",
		"/html":     "not JSON",
		"/nan":      "not JSON: invalid character 'N'",
		"/negative": `"evt_1": the count -1 is negative`,
		"/away":     "it redirects to another host, " + strings.TrimPrefix(elsewhere.URL, "http://"),
		"/file":     "it redirects to another host",
		"/loop":     "more than 5 redirects",
		"/cut":      "broke off after 1 bytes",
		"/endless":  "it told more than 100000 bytes",
		"/hang":     "not done within 200ms",
	} {
		o := Options{MaxBytes: 100_000}
		if path == "/hang" {
			o.Timeout = 200 * time.Millisecond
		}
		url := strings.Replace(server.URL, "http://", "http://joe:hunter2@", 1) + path
		checkOpenError(t, mustParse(t, url, o), server.URL+path, want)
	}
	dead := httptest.NewServer(nil)
	dead.Close()
	checkOpenError(t, mustParse(t, dead.URL, Options{}), dead.URL, "connect")
}

// checkOpenError wants one line that names the source and what was found, without secrets.
func checkOpenError(t *testing.T, s Source, label, want string) {
	t.Helper()
	defer s.Close()
	err := s.Open(t.Context(), time.Now(), func(replay.Effect) { t.Errorf("%s: an effect", label) })
	switch {
	case err == nil:
		t.Errorf("%s: no error", label)
	case !strings.HasPrefix(err.Error(), "effect source "+label+": ") || !strings.Contains(err.Error(), want):
		t.Errorf("%s\n got %v\nwant %s", label, err, want)
	case strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "joe") || strings.Contains(err.Error(), "\n"):
		t.Errorf("%s: a secret or a second line: %v", label, err)
	case errors.Is(err, ErrSpec):
		t.Errorf("%s: %v is an ErrSpec, but the spec was right", label, err)
	}
}

func TestHTTPSendsUserAndFollowsItsOwnHost(t *testing.T) {
	var saw atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusMovedPermanently)
			return
		}
		user, password, _ := r.BasicAuth()
		saw.Store(fmt.Sprint(r.Method, " ", user, ":", password, " ", r.URL))
		io.WriteString(w, "[]")
	}))
	t.Cleanup(server.Close)
	s := mustParse(t, strings.Replace(server.URL, "http://", "http://joe:hunter2@", 1)+"/old", Options{})
	r := mustOpen(t, s)
	if got := saw.Load(); got != "GET joe:hunter2 /new" {
		t.Errorf("the server saw %q", got)
	}
	if got := r.take(); len(got) != 0 {
		t.Errorf("an empty list told %v", got)
	}
}

// What is no reading takes nothing back of what was counted before: the next reading goes on from there.
func TestHTTPAnswersNothing(t *testing.T) {
	p := newPage(t, `["evt_1"]`)
	s := mustParse(t, p.URL, Options{})
	r := mustOpen(t, s)
	r.take()
	for body, want := range map[string]string{"": "answered nothing where JSON was expected", " \n": "answered nothing", `{"code":500}`: "no counts"} {
		p.body.Store(body)
		if err := s.Poll(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", body, err, want)
		}
	}
	p.status.Store(http.StatusNoContent)
	if err := s.Poll(t.Context()); !errors.Is(err, errNothing) {
		t.Errorf("204: %v", err)
	}
	p.status.Store(http.StatusOK)
	p.body.Store(`["evt_1","evt_2"]`)
	mustPoll(t, s)
	if got := strings.Join(r.take(), "; "); got != "evt_2 +1" {
		t.Errorf("told %q", got)
	}
}

// JSON Lines of no effects are none, where the answer says that it is JSON Lines.
func TestHTTPNoLines(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson; charset=utf-8")
	}))
	t.Cleanup(server.Close)
	if got := mustOpen(t, mustParse(t, server.URL, Options{})).take(); len(got) != 0 {
		t.Errorf("told %v", got)
	}
}

// An Open that failed may be tried again, and a client of the caller's is used.
func TestHTTPOpenAgain(t *testing.T) {
	p := newPage(t, `["evt_1"]`)
	p.status.Store(503)
	s := mustParse(t, p.URL, Options{Client: p.Client()})
	if err := s.Open(t.Context(), time.Now(), func(replay.Effect) {}); err == nil {
		t.Fatal("a 503 opened")
	}
	p.status.Store(200)
	if got := mustOpen(t, s).take(); !slices.Equal(got, []string{"evt_1 +1 earlier"}) {
		t.Errorf("told %v", got)
	}
}
