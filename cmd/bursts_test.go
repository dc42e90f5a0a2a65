package cmd

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// Races go on until there are enough of them to say how rarely an event may still be doubled, and no longer than that helps.
func TestBurstsAuto(t *testing.T) {
	for name, c := range map[string]struct {
		more []string
		code int
		met  func(int64) bool
		note string
	}{
		"until they are enough": {[]string{"--confidence", "80"}, exitPass, func(n int64) bool { return n >= int64(racesNeeded(80)) }, "that is enough"},
		"until the time is up":  {[]string{"--confidence", "99.9", "--bursts-for", "1ns"}, exitPass, func(n int64) bool { return n > 0 && n < 20 }, "--bursts-for 1ns was up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of its time it waits
			url := serveEndpoint(t, &endpoint{})
			code, report, errs := runAgainst(t, url, append([]string{"--effects", url, "--only", "charge.succeeded", "--faults", "race", "--bursts", "auto"}, c.more...)...)
			if n := report.Get("stats.races_overlapped").Int(); code != c.code || !c.met(n) || !strings.Contains(report.Get("notes").Raw, c.note) {
				t.Errorf("exit %d, %d races overlapped, notes %s\n%s", code, n, report.Get("notes"), errs)
			}
		})
	}
}

// Once an event was doubled there is nothing left to bound.
func TestBurstsAutoEndsWithADouble(t *testing.T) {
	var mu sync.Mutex
	effects := map[string]int{}
	url := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodGet {
			_ = json.NewEncoder(w).Encode(effects)
			return
		}
		effects[byID(body)]++
	}))
	code, report, errs := runAgainst(t, url, "--effects", url, "--only", "charge.succeeded", "--faults", "race", "--bursts", "auto")
	if n := report.Get("stats.races").Int(); code != exitViolations || n > 20 || !strings.Contains(report.Get("notes").Raw, "an event was processed twice") {
		t.Errorf("exit %d, %d races, notes %s\n%s", code, n, report.Get("notes"), errs)
	}
}

func TestBurstsMustBeANumberOrAuto(t *testing.T) {
	for _, args := range [][]string{{"--bursts", "many"}, {"--bursts", "0"}, {"--bursts", "auto", "--keep-ids"}, {"--bursts", "auto", "--faults", "duplicate"}} {
		code, _, errs := hookonce(t, append([]string{"plan", fixtureDir, "--only", "charge.succeeded"}, args...)...)
		if code != exitUsage || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "--bursts") {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}
