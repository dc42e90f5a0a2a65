package cmd

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/tidwall/gjson"

	"hookonce/replay/load"
)

func loadAgainst(t *testing.T, url string, more ...string) (int, gjson.Result, string) {
	t.Helper()
	args := append([]string{"load", fixtureDir, "--target", url, "--secret", testSecret, "--out", "json", "--effects", url,
		"--closed", "4", "--count", "300", "--journal", filepath.Join(t.TempDir(), "load.jsonl")}, more...)
	code, out, errs := hookonce(t, args...)
	return code, gjson.Parse(out), errs
}

func TestLoadPassesARightEndpoint(t *testing.T) {
	dir := t.TempDir()
	code, r, errs := loadAgainst(t, serveEndpoint(t, &endpoint{}), "--bad-signatures", "5%", "--reorders", "5%",
		"--fail-if", "errors > 0", "--fail-if", "p99 > 1h or doubled > 0 or lost > 0", "--results", dir)
	if code != exitPass {
		t.Fatalf("exit %d, missing %s, findings %s\n%s", code, r.Get("missing"), r.Get("findings.#.code"), errs)
	}
	l := r.Get("load")
	if n := l.Get("deliveries").Int(); n < 300 || n > 330 {
		t.Errorf("%d deliveries", n)
	}
	for _, class := range append([]string{"all"}, "first", "duplicate", "race", "reorder", "bad_signature") {
		if l.Get(`classes.#(class=="`+class+`").deliveries`).Int() == 0 {
			t.Errorf("no figures of %s: %s", class, l.Get("classes"))
		}
	}
	for _, fault := range []string{"duplicate", "race", "reorder", "bad-signature"} {
		if r.Get(`faults.#(fault=="`+fault+`").fired`).Int() == 0 {
			t.Errorf("%s never took place: %s", fault, r.Get("faults"))
		}
	}
	if s, err := os.Stat(filepath.Join(dir, "results.gob")); err != nil || s.Size() == 0 {
		t.Errorf("results: %v", err)
	}
}

// naive processes whatever comes, each time.
type naive struct{ *endpoint }

func (n naive) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	clear(n.done)
	n.mu.Unlock()
	n.endpoint.ServeHTTP(w, r)
}

func TestLoadFindsDoubleProcessing(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "j.jsonl")
	e := naive{&endpoint{done: map[string]bool{}, effects: map[string]int{}, keyOf: byID}}
	code, r, errs := loadAgainst(t, serveHandler(t, e), "--journal", journal)
	if code != exitViolations || r.Get(`checks.#(name=="double-processing").status`).Str != "fail" {
		t.Fatalf("exit %d: %s\n%s", code, r.Get("checks"), errs)
	}
	doubled := int64(0)
	for _, s := range r.Get("load.slices").Array() {
		doubled += s.Get("doubled").Int()
	}
	if doubled == 0 || doubled != r.Get(`checks.#(name=="double-processing").findings`).Int() {
		t.Errorf("%d of %s doubles stand in the slices", doubled, r.Get(`checks.#(name=="double-processing").findings`))
	}
	if again, verdict := auditOf(t, journal); again != exitViolations || verdict.Get("findings.#").Int() != r.Get("findings.#").Int() {
		t.Errorf("the journal judged again: exit %d, %s findings", again, verdict.Get("findings.#"))
	}
}

func TestLoadThresholds(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	code, r, errs := loadAgainst(t, url, "--fail-if", "p99 > 1us", "--fail-if", "errors > 50%")
	if code != exitViolations || r.Get(`checks.#(name=="--fail-if p99 > 1us").status`).Str != "fail" || r.Get(`checks.#(name=="--fail-if errors > 50%").status`).Str != "pass" {
		t.Errorf("exit %d: %s\n%s", code, r.Get("checks"), errs)
	}
	code, r, _ = loadAgainst(t, url, "--races", "0%", "--seed", "2", "--fail-if", "race.p99 > 1s")
	if code != exitInconclusive || !strings.Contains(r.Get("missing").Raw, "race") {
		t.Errorf("nothing was raced: exit %d, missing %s", code, r.Get("missing"))
	}
}

// Refusals under load are redelivered in the tail, and are no loss.
func TestLoadRedelivers(t *testing.T) {
	e := &endpoint{done: map[string]bool{}, effects: map[string]int{}, keyOf: byID}
	var mu sync.Mutex
	seen := map[string]bool{}
	url := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			known := seen[byID(body)]
			seen[byID(body)] = true
			refused := !known && len(seen)%7 == 0
			mu.Unlock()
			if refused {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		e.ServeHTTP(w, r)
	}))
	code, r, errs := loadAgainst(t, url, "--fail-if", "errors < 5%", "--duplicates", "0%", "--races", "0%")
	if code != exitPass || r.Get(`checks.#(name=="stuck").status`).Str != "pass" || r.Get("load.errors").Num < 0.05 {
		t.Errorf("exit %d, checks %s, errors %s\n%s", code, r.Get(`checks.#(status=="fail")#`), r.Get("load.errors"), errs)
	}
}

func TestLoadUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"name fixtures":        {},
		"not a URL":            {fixtureDir, "--target", "nowhere"},
		"is no rate":           {fixtureDir, "--target", "http://127.0.0.1:1", "--rate", "fast"},
		"not a share":          {fixtureDir, "--target", "http://127.0.0.1:1", "--races", "200%"},
		"--secret":             {fixtureDir, "--target", "http://127.0.0.1:1", "--bad-signatures", "2%"},
		load.Vocabulary:        {fixtureDir, "--target", "http://127.0.0.1:1", "--fail-if", "p98 > 1s"},
		"needs the --duration": {fixtureDir, "--target", "http://127.0.0.1:1", "--rate", "1..9", "--count", "9"},
		"--allow-host":         {fixtureDir, "--target", "http://192.0.2.1/"},
	} {
		if code, out, errs := hookonce(t, append([]string{"load"}, args...)...); code != exitUsage || !strings.Contains(errs, want) || out != "" {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}

// An interrupt ends the traffic; what was sent is judged, and the journal is whole.
func TestLoadInterrupted(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	journal := filepath.Join(t.TempDir(), "j.jsonl")
	p := start(t, "load", fixtureDir, "--target", url, "--secret", testSecret, "--effects", url, "--rate", "50", "--duration", "1h", "--journal", journal)
	p.await("load: 50/s")
	awaitRecords(t, journal, 150)
	p.signal(syscall.SIGINT)
	if got := p.exit(); got != exitInconclusive || !strings.Contains(p.stdout.String(), "interrupted") {
		t.Errorf("exit %d:\n%s", got, p.stdout.String())
	}
	if code, r := auditOf(t, journal); code != exitInconclusive || !r.Get("complete").Bool() {
		t.Errorf("audit: exit %d, complete %s", code, r.Get("complete"))
	}
}
