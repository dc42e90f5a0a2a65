package cmd

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/chaos/proxy"
	"hookonce/dedupe/storetest/redisserver"
)

// remembering is an endpoint that marks an event in Redis for some hours, with plain commands or in a script, and answers with its charges on GET.
type remembering struct {
	endpoint
	redis string
	claim func(key string) []string
}

func (e *remembering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		e.endpoint.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c, err := net.Dial("tcp", e.redis)
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer c.Close()
	key := gjson.GetBytes(body, "id").Str
	_, _ = c.Write(proxy.Encode(e.claim(key)...)) // a failure is one of the answer
	if answer, err := bufio.NewReader(c).ReadString('\n'); err != nil || strings.HasPrefix(answer, "-") {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	} else if strings.HasPrefix(answer, "$-1") || strings.HasPrefix(answer, ":0") {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.effects[key]++
}

// Through a proxy that shortens times to live, a window of hours is measured on a real server in seconds. What a script keeps is not
// said to be remembered, because its times were not shortened.
func TestTTLScaleMeasuresTheWindow(t *testing.T) {
	hours := func(n int) func(string) []string {
		return func(key string) []string {
			return []string{"SET", "seen:" + key, "1", "EX", strconv.Itoa(n * 3600), "NX"}
		}
	}
	for name, c := range map[string]struct {
		claim  func(string) []string
		window string
		want   string
		code   int
	}{
		"20 h":   {hours(20), "--window", "remembers ", exitViolations},
		"8 days": {hours(192), "--window=false", "remembers at least 25 h", exitPass},
		"a script": {func(key string) []string {
			return []string{"EVAL", "return redis.call('set',KEYS[1],'1','ex',72000,'nx') and 1 or 0", "1", "seen:" + key}
		}, "--window=false", "", exitPass},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of its time it waits
			e := &remembering{claim: c.claim, redis: freePort(t)}
			e.effects = map[string]int{}
			srv := httptest.NewServer(e)
			defer srv.Close()
			code, out, errs := hookonce(t, "run", fixtureDir, "--target", srv.URL, "--effects", srv.URL, "--redis-proxy", "redis://"+redisserver.Start(t), "--redis-proxy-listen", e.redis,
				"--redis-ttl-scale", "0.00003", c.window, "--faults", "duplicate,late", "--only", "charge.succeeded", "--out", "json", "--journal", filepath.Join(t.TempDir(), "run.jsonl"))
			got := gjson.Get(out, "memory")
			if code != c.code || !strings.Contains(got.Get("statement").Str, c.want) || c.want == "" && !strings.Contains(got.Get("untested").Str, "not measured") {
				t.Fatalf("exit %d, %s, missing %s, findings %.900s\n%s", code, got, gjson.Get(out, "missing"), gjson.Get(out, "findings"), errs)
			}
			known, again := micros(got.Get("held_us")), micros(got.Get("forgot_us"))
			// An hour is a tenth of a second here: on a busy machine the bounds are further apart, and stay true.
			if window := 20 * time.Hour; name == "20 h" && (known > window || again < window || again-known > window/2) {
				t.Errorf("known at %s, processed again at %s", known, again)
			}
		})
	}
}

func micros(v gjson.Result) time.Duration { return time.Duration(v.Int()) * time.Microsecond }

func TestTTLScaleMistakes(t *testing.T) {
	for _, c := range [][]string{
		{"--redis-ttl-scale", "0.001"}, {"--redis-ttl-scale", "2", "--redis-proxy", "embedded"}, {"--redis-ttl-scale", "0.1", "--redis-proxy", "embedded"},
	} {
		args := append([]string{"run", fixtureDir, "--target", "http://127.0.0.1:1/", "--journal", filepath.Join(t.TempDir(), "run.jsonl")}, c...)
		if code, _, errs := hookonce(t, args...); code != exitUsage || !strings.Contains(errs, "--redis-ttl-scale") {
			t.Errorf("%v: exit %d, %s", c, code, errs)
		}
	}
}
