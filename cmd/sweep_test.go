//go:build unix

package cmd

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// runSweep sweeps over a built-in handler that runs as a process of its own.
func runSweep(t *testing.T, handler string) (int, string, string) {
	t.Helper()
	command := self(t) + " serve " + handler + " --work 1ms --listen 127.0.0.1:{port} --redis {redis}"
	return hookonce(t, "run", fixtureDir, "--exec", command, "--secret", testSecret, "--effects", "http://127.0.0.1:{port}/effects",
		"--only", "charge.succeeded", "--journal", filepath.Join(t.TempDir(), "run.jsonl"), "--sweep", "redis")
}

// A sweep takes as many runs as a delivery has commands, and names the step that is weak.
func TestSweepFindsTheWeakStep(t *testing.T) {
	for handler, want := range map[string]struct {
		code  int
		lines []string // in this order
	}{
		"article":      {exitViolations, []string{`1 +WEAK +SET webhook_lock`, `its reply lost: lost-event`, `2 +ok +GET webhook_version`, `3 +ok +SET webhook_version`}},
		"setnx-expire": {exitViolations, []string{`1 +WEAK +SET event`, `2 +WEAK +EXPIRE event`, `cut before it: stuck \(SET and EXPIRE are two commands`, `3 +WEAK +EVAL`}},
		"hardened":     {exitPass, []string{`1 +ok +EVALSHA`, `2 +ok +EVALSHA`}},
	} {
		code, out, errs := runSweep(t, handler)
		if code != want.code || !regexp.MustCompile(`(?s)`+strings.Join(want.lines, `.*`)).MatchString(out) {
			t.Errorf("%s: exit %d\n%s\n%s", handler, code, out, errs)
		}
		runs := strings.Count(errs, "sweep: run ")
		if steps := len(regexp.MustCompile(`(?m)^ +\d+  `).FindAllString(out, -1)); runs != steps || strings.Contains(out, "not struck") {
			t.Errorf("%s: %d runs for %d steps\n%s", handler, runs, steps, out)
		}
	}
}

func TestSweepUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"the only one there is": {"--target", "http://127.0.0.1:1/", "--sweep", "postgres"},
		"--redis-proxy":         {"--target", "http://127.0.0.1:1/", "--sweep", "redis"},
		"its own table":         {"--exec", "true", "--sweep", "redis", "--out", "json"},
	} {
		code, out, errs := hookonce(t, append([]string{"run", fixtureDir}, args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, want) {
			t.Errorf("%q: exit %d, %s", args, code, errs)
		}
	}
	// An endpoint that refuses everything is told so, and not suspected of using another Redis.
	command := self(t) + " serve hardened --secret whsec_another --listen 127.0.0.1:{port} --redis {redis}"
	code, _, errs := hookonce(t, "run", fixtureDir, "--exec", command, "--only", "charge.succeeded", "--secret", testSecret,
		"--effects", "http://127.0.0.1:{port}/effects", "--journal", filepath.Join(t.TempDir(), "run.jsonl"), "--sweep", "redis")
	if code != exitCannot || !strings.Contains(errs, "status 401") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
