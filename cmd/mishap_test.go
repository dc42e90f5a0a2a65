package cmd

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// auditOf is the journal's verdict, judged again, as JSON.
func auditOf(t *testing.T, journal string) (int, gjson.Result) {
	t.Helper()
	code, out, errs := hookonce(t, "audit", journal, "--out", "json")
	if out == "" {
		t.Fatalf("audit: exit %d: %s", code, errs)
	}
	return code, gjson.Parse(strings.TrimSpace(out))
}

// Ctrl-C once: nothing more is sent, effects settle, and what happened is judged. The
// journal holds all of it.
func TestInterrupt(t *testing.T) {
	for name, c := range map[string]struct {
		handler string
		when    string
		want    int
	}{
		"nothing proven yet":   {"hardened", "faults:", exitInconclusive},
		"violations proven":    {"none", "fault-free tail", exitViolations},
		"in the control phase": {"none", "control:", exitInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.jsonl")
			p := start(t, "demo", c.handler, "--journal", path, "--out", "json")
			p.await(c.when)
			p.signal(syscall.SIGINT)
			p.await("interrupted")
			if got := p.exit(); got != c.want {
				t.Errorf("exit %d, want %d\n%s", got, c.want, p.said.String())
			}
			code, again := auditOf(t, path)
			if code != c.want || again.Raw != strings.TrimSpace(p.stdout.String()) {
				t.Errorf("the journal is judged otherwise: exit %d, %s", code, again.Get("missing"))
			}
			if !strings.Contains(again.Get("missing").Raw, "interrupted") && c.want == exitInconclusive {
				t.Errorf("missing %s", again.Get("missing"))
			}
		})
	}
}

// mute is an endpoint that stops answering, until its caller hangs up, after some requests.
type mute struct {
	endpoint
	after  int64
	posts  atomic.Int64
	silent chan struct{} // gets one for each request that is not answered
}

func (m *mute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && m.posts.Add(1) > m.after {
		select {
		case m.silent <- struct{}{}:
		default:
		}
		_, _ = io.Copy(io.Discard, r.Body) // net/http notices a hang-up only behind the body
		<-r.Context().Done()
		return
	}
	m.endpoint.ServeHTTP(w, r)
}

func serveMute(t *testing.T, after int64) (*mute, string) {
	t.Helper()
	m := &mute{after: after, silent: make(chan struct{}, 1)}
	m.done, m.effects, m.keyOf = map[string]bool{}, map[string]int{}, byID
	srv := httptest.NewServer(m)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return m, srv.URL
}

// Ctrl-C twice stops at once: it waits neither for answers nor for effects, and keeps the journal.
func TestInterruptTwice(t *testing.T) {
	m, url := serveMute(t, 100)
	path := filepath.Join(t.TempDir(), "run.jsonl")
	p := start(t, "run", fixtureDir, "--target", url, "--secret", testSecret, "--effects", url,
		"--patience", "1h", "--settle", "1h", "--settle-max", "1h", "--journal", path, "--out", "json")
	p.await("control:")
	<-m.silent
	p.signal(syscall.SIGINT)
	p.await("interrupted")
	p.signal(syscall.SIGINT)
	p.await("stopped at once")
	if got := p.exit(); got != exitInconclusive {
		t.Errorf("exit %d\n%s", got, p.said.String())
	}
	if code, again := auditOf(t, path); code != exitInconclusive || again.Get("stats.attempts").Int() < 100 {
		t.Errorf("exit %d, %s", code, again.Get("stats"))
	}
}

// kill -9: whatever was answered stands in the journal, which can be read; the rest is unknown.
func TestKill(t *testing.T) {
	const answered = 100 // within the control phase, where each answer is a 200
	m, url := serveMute(t, answered)
	path := filepath.Join(t.TempDir(), "run.jsonl")
	p := start(t, "run", fixtureDir, "--target", url, "--secret", testSecret, "--effects", url, "--patience", "1h", "--journal", path)
	p.await("control:")
	<-m.silent
	awaitRecords(t, path, answered)
	p.signal(syscall.SIGKILL)
	if got := p.exit(); got != -1 {
		t.Errorf("exit %d", got)
	}
	tear(t, path)
	code, again := auditOf(t, path)
	if code != exitInconclusive || !strings.Contains(again.Get("missing").Raw, "cut short") {
		t.Errorf("exit %d, missing %s", code, again.Get("missing"))
	}
}

// awaitRecords waits until the journal holds so many answered attempts.
func awaitRecords(t *testing.T, path string, n int) {
	t.Helper()
	for until := time.Now().Add(deadline); ; {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case strings.Count(string(b), `"status":200`) >= n:
			return
		case time.Now().After(until):
			t.Fatalf("the journal holds %d answered attempts, not %d", strings.Count(string(b), `"status":200`), n)
		}
	}
}

// tear cuts the last line in half, as a kill in the middle of a write does.
func tear(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b[:len(b)-10], 0o600); err != nil {
		t.Fatal(err)
	}
}

// A target that dies midway leaves outcomes that are unknown, not failures.
func TestDyingTarget(t *testing.T) {
	m := &mute{after: 1 << 40}
	m.done, m.effects, m.keyOf = map[string]bool{}, map[string]int{}, byID
	effects := httptest.NewServer(&m.endpoint) // outlives the endpoint, as a database does
	t.Cleanup(effects.Close)
	var srv *httptest.Server
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.posts.Add(1) == 700 {
			go func() { srv.Listener.Close(); srv.CloseClientConnections() }()
		}
		m.endpoint.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	code, report, errs := runAgainst(t, srv.URL, "--effects", effects.URL)
	if code != exitInconclusive || len(report.Get(`findings.#(severity=="violation")#`).Array()) != 0 {
		t.Errorf("exit %d, findings %.600s\n%s", code, report.Get("findings"), errs)
	}
	if missing := report.Get("missing").Raw; !strings.Contains(missing, "target lost") || strings.Contains(missing, "proxy") {
		t.Errorf("missing %s", missing)
	}
}

// An effect source that fails midway proves nothing from then on, and says so.
func TestDyingSource(t *testing.T) {
	e := &endpoint{}
	url := serveEndpoint(t, e)
	dying := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		done := len(e.done)
		e.mu.Unlock()
		if done > 300 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		e.ServeHTTP(w, r)
	}))
	t.Cleanup(dying.Close)
	code, report, _ := runAgainst(t, url, "--effects", dying.URL)
	if code != exitInconclusive || !strings.Contains(report.Get("missing").Raw, "could not be read at the end") {
		t.Errorf("exit %d, missing %s, findings %.600s", code, report.Get("missing"), report.Get("findings"))
	}
}

// A source that cannot be read before the run stops it in one line, before anything is sent.
func TestBrokenSource(t *testing.T) {
	m, url := serveMute(t, 0)
	for source, want := range map[string]string{
		"exec:echo a b c d": "line 1",
		"exec:exit 3":       "exit status 3",
		url + "/%zz":        "",
		"log:nowhere#(":     "",
	} {
		code, report, errs := runAgainst(t, url, "--effects", source)
		if code != exitCannot && code != exitUsage || report.Raw != "" || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit %d, %q, %.200s", source, code, errs, report.Raw)
		}
	}
	if m.posts.Load() != 0 {
		t.Errorf("%d deliveries were sent", m.posts.Load())
	}
}

// A full disk stops the run: what is not recorded must not happen. What was recorded before stays readable.
func TestFullDisk(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("a full disk is played by /dev/full, which is Linux's: %v", err)
	}
	defer full.Close()
	failed := make(chan error, 1)
	r, err := newRecorder(filepath.Join(t.TempDir(), "run.jsonl"), false, heldInMemory, time.Now(), func(err error) { failed <- err })
	if err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	unused := r.out
	r.writeTo(full)
	r.mu.Unlock()
	unused.Close()
	r.Attempt(replay.TargetRun, replay.Attempt{Delivery: 1, Outcome: replay.Acked})
	if err := <-failed; !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free some space") {
		t.Errorf("failed: %v", err)
	}
	// The history in memory still has it: the run is judged by all that was seen.
	if j, err := r.Close(); err == nil || len(j.Target.Attempts) != 1 {
		t.Errorf("%d attempts, %v", len(j.Target.Attempts), err)
	}
}
