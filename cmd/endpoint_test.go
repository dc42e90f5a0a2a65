package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay/provider"
)

var fixtureDir = filepath.Join("..", "testdata", "fixtures", "stripe")

// hookonce runs a command line in-process and returns the exit code with both outputs.
func hookonce(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs lockedBuffer
	s := &Streams{In: bytes.NewReader(nil), Out: &out, Err: &errs, Getenv: func(string) string { return "" }}
	code = execute(context.Background(), s, os.DirFS(fixtureDir), args)
	return code, out.String(), errs.String()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// endpoint is a correct handler with a twist: it processes each key once.
type endpoint struct {
	mu      sync.Mutex
	done    map[string]bool
	effects map[string]int
	// keyOf says under which id an event counts; "" ignores it. more is how many effects each has.
	keyOf func(body []byte) string
	more  int
	later bool // answer 202, work afterwards
	// forgetful processes an event as often as it is delivered.
	forgetful bool
	known     func(body []byte) bool
}

const endpointWork = 5 * time.Millisecond

const testSecret = "whsec_test_of_endpoints"

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		e.mu.Lock()
		defer e.mu.Unlock()
		_ = json.NewEncoder(w).Encode(e.effects)
		return
	}
	body, err := io.ReadAll(r.Body)
	p, _ := provider.ByName("stripe")
	if err != nil || p.Verify(r.Header, body, provider.Endpoint{Secrets: []string{testSecret}}, time.Now()) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if e.known != nil && !e.known(body) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	time.Sleep(endpointWork) // real work: an answer within microseconds leaves a small plan no moment to hang up in
	e.process(gjson.GetBytes(body, "id").Str, e.keyOf(body))
	if e.later {
		w.WriteHeader(http.StatusAccepted)
	}
}

func (e *endpoint) process(id, key string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done[id] && !e.forgetful || key == "" {
		return
	}
	e.done[id] = true
	commit := func() { e.effects[key] += max(e.more, 1) }
	if !e.later {
		commit()
		return
	}
	time.AfterFunc(30*time.Millisecond, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		commit()
	})
}

func byID(body []byte) string { return gjson.GetBytes(body, "id").Str }

func serveEndpoint(t *testing.T, e *endpoint) string {
	t.Helper()
	e.done, e.effects = map[string]bool{}, map[string]int{}
	if e.keyOf == nil {
		e.keyOf = byID
	}
	return serveHandler(t, e)
}

func serveHandler(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// runAgainst runs the default plan over some of our fixtures.
func runAgainst(t *testing.T, url string, more ...string) (int, gjson.Result, string) {
	t.Helper()
	return runWith(t, url, testSecret, more...)
}

func runWith(t *testing.T, url, secret string, more ...string) (int, gjson.Result, string) {
	t.Helper()
	args := append([]string{"run", fixtureDir, "--target", url, "--secret", secret, "--out", "json", "--bursts", "1",
		"--journal", filepath.Join(t.TempDir(), "run.jsonl")}, more...)
	code, out, errs := hookonce(t, args...)
	return code, gjson.Parse(out), errs
}

// Real endpoints do many things that are right and look wrong. None may be flagged.
func TestRealEndpointsRaiseNoFalseAlarm(t *testing.T) {
	only := func(typ string) func([]byte) string {
		return func(b []byte) string {
			if gjson.GetBytes(b, "type").Str == typ {
				return byID(b)
			}
			return ""
		}
	}
	for name, e := range map[string]*endpoint{
		"ignores most types":    {keyOf: only("charge.succeeded")},
		"two effects per event": {more: 2},
		"asynchronous":          {later: true},
		"counts by other id":    {keyOf: func(b []byte) string { return "row:" + byID(b) }},
		"ordinary":              {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of its time it waits
			url := serveEndpoint(t, e)
			code, report, errs := runAgainst(t, url, "--effects", url)
			if code != exitPass || len(report.Get("findings").Array()) != 0 {
				t.Errorf("exit %d, %s, missing %s, findings %.600s\n%s", code, report.Get("verdict"), report.Get("missing"), report.Get("findings"), errs)
			}
		})
	}
}

func TestCountedByPaymentIntent(t *testing.T) {
	e := &endpoint{keyOf: func(b []byte) string {
		if gjson.GetBytes(b, "type").Str == "payment_intent.succeeded" {
			return gjson.GetBytes(b, "data.object.id").Str
		}
		return ""
	}}
	url := serveEndpoint(t, e)
	code, report, errs := runAgainst(t, url, "--effects", url, "--only", "payment_intent.succeeded")
	if code != exitPass {
		t.Errorf("exit %d, missing %s, findings %.600s\n%s", code, report.Get("missing"), report.Get("findings"), errs)
	}
}

func TestUsedDatabase(t *testing.T) {
	e := &endpoint{}
	url := serveEndpoint(t, e)
	for i := range 1000 {
		e.effects[fmt.Sprintf("evt_before_%d", i)] = 1
	}
	if code, report, errs := runAgainst(t, url, "--effects", url); code != exitPass {
		t.Errorf("exit %d, %.300s\n%s", code, report.Get("missing"), errs)
	}
	// The same seed again meets its own ids.
	code, _, errs := runAgainst(t, url, "--effects", url)
	if code != exitCannot || !bytes.Contains([]byte(errs), []byte("--seed")) {
		t.Errorf("the same seed twice: exit %d, %s", code, errs)
	}
}

// A seed that was run before is known by its ids, however the endpoint writes them into its keys and whichever of them it takes.
func TestTheSameSeedTwice(t *testing.T) {
	intent := func(b []byte) string { return gjson.GetBytes(b, "data.object.payment_intent").Str }
	for name, c := range map[string]struct {
		keyOf func([]byte) string
		more  []string
		again int
	}{
		"decorated":            {func(b []byte) string { return "charge:" + byID(b) }, nil, exitCannot},
		"a subject or a ref":   {func(b []byte) string { return gjson.GetBytes(b, "data.object.id").Str }, nil, exitCannot},
		"an effect key":        {intent, []string{"--effect-key", "data.object.payment_intent", "--only", "charge.succeeded"}, exitCannot},
		"what was not drawn":   {func(b []byte) string { return gjson.GetBytes(b, "data.object.currency").Str }, []string{"--effect-key", "data.object.currency"}, exitInconclusive},
		"the recorded ids too": {func(b []byte) string { return "charge:" + byID(b) }, []string{"--keep-ids"}, exitInconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := serveEndpoint(t, &endpoint{keyOf: c.keyOf})
			more := append([]string{"--effects", url, "--faults", "duplicate", "--only", "charge.*"}, c.more...)
			if code, _, errs := runAgainst(t, url, more...); code == exitCannot {
				t.Fatalf("the first time: exit %d\n%s", code, errs)
			}
			code, _, errs := runAgainst(t, url, more...)
			if told := strings.Contains(errs, "has seen this plan's ids before"); code != c.again || told != (code == exitCannot) || told && !strings.Contains(errs, "--seed") {
				t.Errorf("the same seed twice: exit %d, want %d\n%s", code, c.again, errs)
			}
		})
	}
}

func TestUnknownObjectsAreInconclusive(t *testing.T) {
	e := &endpoint{known: func(b []byte) bool { return gjson.GetBytes(b, "type").Str != "charge.refunded" }}
	url := serveEndpoint(t, e)
	code, report, _ := runAgainst(t, url, "--effects", url)
	if code != exitInconclusive || report.Get("findings.#(severity==violation)").Exists() {
		t.Errorf("exit %d, findings %.600s", code, report.Get("findings"))
	}
}

func TestWithoutEffectSource(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	code, report, _ := runAgainst(t, url)
	if code != exitInconclusive || !bytes.Contains([]byte(report.Get("missing").Raw), []byte("--effects")) {
		t.Errorf("exit %d, missing %s", code, report.Get("missing"))
	}
}

func TestWrongSecret(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	code, report, _ := runWith(t, url, "whsec_another", "--effects", url)
	if code != exitInconclusive || !bytes.Contains([]byte(report.Get("missing").Raw), []byte("--secret")) {
		t.Errorf("exit %d, missing %s", code, report.Get("missing"))
	}
}
