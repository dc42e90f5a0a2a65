package cmd

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay/provider"
)

// shop is an endpoint of any provider: it verifies, and processes each of the provider's keys once, or every time.
type shop struct {
	known   provider.Set
	at      map[string]provider.Endpoint // by provider
	of      func(r *http.Request) string // the provider a request comes from
	doubles bool

	mu      sync.Mutex
	done    map[string]bool
	effects map[string]int
	paths   map[string]bool
}

func (s *shop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.effects)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	name := s.of(r)
	p, err := s.known.ByName(name)
	if err != nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if at := s.at[name]; len(at.Secrets) > 0 && p.Verify(r.Header, body, at, time.Now()) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	e, err := p.Identify(r.Header, body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	time.Sleep(endpointWork) // real work, as in endpoint
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paths[r.URL.Path] = true
	if !s.done[e.Key] || s.doubles {
		s.done[e.Key] = true
		s.effects[e.Key]++
	}
}

func (s *shop) serve(t *testing.T) string {
	t.Helper()
	s.done, s.effects, s.paths = map[string]bool{}, map[string]int{}, map[string]bool{}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return srv.URL
}

// secretFor is a secret of the form a provider's are; empty for PayPal, which cannot be forged.
func secretFor(t *testing.T, name string) string {
	t.Helper()
	switch name {
	case "standardwebhooks", "svix":
		return "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	case "adyen":
		return strings.Repeat("0A1B", 16)
	case "paypal":
		return ""
	case "sendgrid":
		p, _ := provider.ByName(name)
		k, err := provider.NewKeys(p)
		if err != nil {
			t.Fatal(err)
		}
		return k.Private
	}
	return "made_up_secret"
}

// runProvider replays a provider's own testdata.
func runProvider(t *testing.T, name, url, secret string, more ...string) (int, gjson.Result, string) {
	t.Helper()
	args := append([]string{"run", filepath.Join("..", "testdata", "fixtures", name), "--provider", name, "--target", url,
		"--effects", url, "--out", "json", "--bursts", "1", "--journal", filepath.Join(t.TempDir(), "run.jsonl")}, more...)
	if secret != "" {
		args = append(args, "--secret", secret)
	}
	code, out, errs := hookonce(t, args...)
	return code, gjson.Parse(out), errs
}

func ofOne(name string) func(*http.Request) string { return func(*http.Request) string { return name } }

// An endpoint that does right by the provider's own rules passes, whoever the provider is.
func TestEveryProviderPasses(t *testing.T) {
	for _, name := range provider.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of its time it waits
			secret := secretFor(t, name)
			s := &shop{of: ofOne(name)}
			url := s.serve(t)
			if secret != "" {
				s.at = map[string]provider.Endpoint{name: {Secrets: []string{secret}, URL: url}}
			}
			code, report, errs := runProvider(t, name, url, secret)
			if code != exitPass {
				t.Errorf("exit %d, missing %s, findings %.900s\n%s", code, report.Get("missing"), report.Get("findings"), errs)
			}
		})
	}
}

// One that processes every delivery is found out.
func TestEveryProviderFindsDoubles(t *testing.T) {
	for _, name := range provider.Names() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of its time it waits
			s := &shop{of: ofOne(name), doubles: true}
			code, report, errs := runProvider(t, name, s.serve(t), "", "--faults", "duplicate")
			if code != exitViolations || !report.Get(`findings.#(code=="double-processing")`).Exists() {
				t.Errorf("exit %d, missing %s, findings %.600s\n%s", code, report.Get("missing"), report.Get("findings"), errs)
			}
		})
	}
}
