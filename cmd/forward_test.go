//go:build unix

package cmd

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// paymentStub is a service that charges once per Idempotency-Key, as real ones do, and breaks off what fails is told to.
type paymentStub struct {
	mu      sync.Mutex
	charges map[string]int
	calls   int
	fails   func(call int) bool
}

func (s *paymentStub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.charges[r.Header.Get("Idempotency-Key")] = 1
	if s.calls++; s.fails != nil && s.fails(s.calls) {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusCreated)
}

// With a real service behind the sink the faults mean what they say, and the service has been charged as the report says.
func TestForwardToService(t *testing.T) {
	for handler, want := range map[string]int{"check-then-act": exitViolations, "hardened": exitPass} {
		stub := &paymentStub{charges: map[string]int{}}
		server := httptest.NewServer(stub)
		defer server.Close()
		code, report, errs := runExecWatched(t, "", handler, "listen:{effects}?forward="+server.URL, "--faults", "downstream-fail,downstream-lost,downstream-slow")
		if code != want || want == exitViolations != report.Get(`findings.#(cause=="re-execution")`).Exists() {
			t.Errorf("%s: exit %d, missing %s, findings %.900s\n%s", handler, code, report.Get("missing"), report.Get("findings"), errs)
		}
		for _, f := range report.Get("faults").Array() {
			if f.Get("fired").Int() == 0 {
				t.Errorf("%s: %s", handler, f)
			}
		}
		effects := 0
		for _, e := range report.Get("events").Array() {
			effects += int(e.Get("effects").Int())
		}
		if handler == "hardened" && (len(stub.charges) != effects || effects == 0) {
			t.Errorf("%s: %d charges at the service, %d effects in the report", handler, len(stub.charges), effects)
		}
	}
}

// Calls of which nobody knows whether they were carried out make no finding, and no pass. Those with a key are decided by the next one.
func TestForwardInDoubt(t *testing.T) {
	for handler, want := range map[string]int{"check-then-act": exitInconclusive, "hardened": exitPass} {
		stub := &paymentStub{charges: map[string]int{}, fails: func(call int) bool { return call == 5 }}
		server := httptest.NewServer(stub)
		defer server.Close()
		code, report, errs := runExecWatched(t, "", handler, "listen:{effects}?forward="+server.URL, "--faults", "retry,duplicate")
		if code != want || report.Get("findings.#(severity==\"violation\")").Exists() || want == exitInconclusive && !strings.Contains(report.Get("missing").Raw, "behind the sink") {
			t.Errorf("%s: exit %d, missing %s, findings %.900s\n%s", handler, code, report.Get("missing"), report.Get("findings"), errs)
		}
	}
}

// What may not be connected to is refused before the endpoint is reset.
func TestEffectSourcesAreGuarded(t *testing.T) {
	url, reset := serveEndpoint(t, &endpoint{}), filepath.Join(t.TempDir(), "reset")
	for effects, want := range map[string]string{
		"listen:0?forward=http://192.0.2.1:9000":                          "add --allow-host 192.0.2.1",
		"listen:0?forward=9000":                                           "such as http://127.0.0.1:9000",
		"http://192.0.2.1/effects":                                        "add --allow-host 192.0.2.1",
		"redis://192.0.2.1/0#hgetall charges":                             "add --allow-host 192.0.2.1",
		"postgres://app@192.0.2.1/shop#select 1":                          "add --allow-host 192.0.2.1",
		"postgres:///shop?host=192.0.2.1#select 1":                        "want //USER",
		"postgres://app@127.0.0.1/shop?host=127.0.0.1,192.0.2.1#select 1": "add --allow-host 192.0.2.1",
		"mysql://app@192.0.2.1/shop#select 1, 2":                          "add --allow-host 192.0.2.1",
	} {
		code, _, errs := hookonce(t, "run", fixtureDir, "--target", url, "--secret", testSecret, "--effects", effects, "--reset", "touch "+reset)
		if code != exitUsage || !strings.Contains(errs, want) || strings.Count(strings.TrimSpace(errs), "\n") > 0 {
			t.Errorf("%s: exit %d: %s", effects, code, errs)
		}
	}
	if _, err := os.Stat(reset); err == nil {
		t.Error("the endpoint was reset")
	}
	code, _, errs := hookonce(t, "init", "--target", url, "--effects", "http://192.0.2.1/effects")
	if code != exitUsage || !strings.Contains(errs, "add --allow-host 192.0.2.1") {
		t.Errorf("init: exit %d: %s", code, errs)
	}
}
