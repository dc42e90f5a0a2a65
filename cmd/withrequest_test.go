package cmd

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// orderShop works on an order when its webhook comes, and when its customer returns from the checkout: whichever is first, or both.
type orderShop struct {
	endpoint
	shared  bool // the two ways in have one claim
	unknown bool // it does not know the orders
	claims  sync.Map
	asked   sync.Map // what the returns carried
}

func (s *orderShop) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	way, order := "webhook", ""
	switch {
	case r.URL.Path == "/return":
		way, order = "return", r.URL.Query().Get("order")
		body, _ := io.ReadAll(r.Body) // what is missing, the test misses
		s.asked.Store(r.Method+" "+r.Header.Get("Cookie")+" "+r.Header.Get("X-Event")+" "+strings.TrimSpace(string(body)), order)
		if s.unknown {
			w.WriteHeader(http.StatusNotFound)
			return
		}
	case r.Method == http.MethodGet:
		s.endpoint.ServeHTTP(w, r)
		return
	default:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		order = gjson.GetBytes(body, "data.object.id").Str
	}
	if s.shared {
		way = ""
	}
	if _, taken := s.claims.LoadOrStore(way+order, true); taken {
		return
	}
	time.Sleep(endpointWork) // real work
	s.mu.Lock()
	s.effects[order]++
	s.mu.Unlock()
	if r.URL.Path == "/return" {
		w.WriteHeader(http.StatusSeeOther)
	}
}

func runShop(t *testing.T, s *orderShop, more ...string) (int, gjson.Result, string) {
	t.Helper()
	s.effects = map[string]int{}
	url := serveHandler(t, s)
	args := append([]string{"run", fixtureDir, "--target", url + "/webhook", "--effects", url, "--only", "charge.succeeded", "--bursts", "3", "--out", "json",
		"--journal", filepath.Join(t.TempDir(), "run.jsonl")}, more...)
	code, out, errs := hookonce(t, args...)
	return code, gjson.Parse(out), errs
}

const returns = "GET /return?order={subject}"

// An order that is worked on twice, by its webhook and by its customer's return, is found with that cause, and a shop whose two ways in share
// one claim is right.
func TestWithRequest(t *testing.T) {
	journal := filepath.Join(t.TempDir(), "own.jsonl")
	code, report, errs := runShop(t, &orderShop{}, "--with-request", returns, "--journal", journal)
	found := report.Get(`findings.#(cause=="with-request")`)
	if code != exitViolations || found.Get("code").Str != "double-processing" || !strings.Contains(found.Get("message").Str, "your own request") ||
		!strings.Contains(found.Get("evidence").Raw, `"role": "request"`) {
		t.Errorf("exit %d, missing %s, found %.2000s\n%s", code, report.Get("missing"), found, errs)
	}
	if _, v, err := judgeJournal(journal, 1); err != nil || len(v.Findings) != len(report.Get("findings").Array()) || v.Findings[0].Cause != audit.WithRequest {
		t.Errorf("as a stream: %v, %d findings, %s", err, len(v.Findings), v.Missing)
	}
	for _, f := range report.Get("findings").Array() {
		if f.Get("cause").Str != "with-request" {
			t.Errorf("%s, %s", f.Get("code"), f.Get("message"))
		}
	}
	if code, report, errs = runShop(t, &orderShop{shared: true}, "--with-request", returns); code != exitPass || report.Get(`faults.#(fault=="with-request").fired`).Int() == 0 {
		t.Errorf("exit %d, missing %s, faults %s, findings %.900s\n%s", code, report.Get("missing"), report.Get("faults"), report.Get("findings"), errs)
	}
}

// A request that the endpoint does not know what to do with proves nothing.
func TestWithRequestThatFails(t *testing.T) {
	code, report, errs := runShop(t, &orderShop{unknown: true}, "--with-request", returns, "--faults", "with-request")
	if code != exitInconclusive || !strings.Contains(report.Get("missing").Raw, "fresh ids") {
		t.Errorf("exit %d, missing %s\n%s", code, report.Get("missing"), errs)
	}
}

// Headers and a body go along, and neither is told of: they may hold secrets.
func TestWithRequestFromFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "return.http")
	text := "POST /return?order={subject} HTTP/1.1\r\nCookie: session=s3cr3t\r\nX-Event: {type}\r\n\r\n{\"paid\": true}\r\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	journal := filepath.Join(t.TempDir(), "own.jsonl")
	s := &orderShop{}
	if code, report, errs := runShop(t, s, "--with-request", "@"+file, "--request-for", "charge.*", "--faults", "with-request", "--journal", journal); code != exitViolations {
		t.Errorf("exit %d, missing %s\n%s", code, report.Get("missing"), errs)
	}
	if _, was := s.asked.Load(`POST session=s3cr3t charge.succeeded {"paid": true}`); !was {
		s.asked.Range(func(k, _ any) bool { t.Errorf("%q", k); return true })
	}
	if b, err := os.ReadFile(journal); err != nil || strings.Contains(string(b), "s3cr3t") || !strings.Contains(string(b), "POST /return") {
		t.Errorf("the journal: %v", err)
	}
}

func TestRequestMistakes(t *testing.T) {
	for _, c := range [][]string{
		{"--with-request", "GET http://elsewhere/"}, {"--with-request", "/return"}, {"--with-request", "@/no/such"}, {"--request-for", "a.*"},
		{"--with-request", "GET /", "--request-for", "["},
	} {
		args := append([]string{"run", fixtureDir, "--target", "http://127.0.0.1:1/", "--journal", filepath.Join(t.TempDir(), "run.jsonl")}, c...)
		if code, _, errs := hookonce(t, args...); code != exitUsage || !strings.Contains(errs, "request") {
			t.Errorf("%v: exit %d, %s", c, code, errs)
		}
	}
	q, err := parseRequest("get /a?b={key}\nX: y\n")
	if err != nil || q.method != "GET" || q.header.Get("X") != "y" || q.of(replay.Event{Key: "a&b"}).Path != "/a?b=a%26b" {
		t.Errorf("%+v, %v", q, err)
	}
}
