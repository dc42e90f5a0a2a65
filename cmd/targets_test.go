//go:build unix

package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"hookonce/dedupe/storetest/redisserver"
)

// nodeTarget is the command line of a target in Node.
func nodeTarget(t *testing.T, name string) string {
	t.Helper()
	return needNode(t) + " " + filepath.Join("..", "testdata", "targets", name, "server.js")
}

// goTarget builds a target in Go, a module of its own, and returns its command line.
func goTarget(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = filepath.Join("..", "testdata", "targets", name)
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s: go build: %v\n%s", name, err, out)
	}
	return program
}

// What hookonce must say of each target that it starts: exactly these codes of violations, and these flaws by name. Where a flawed
// one charges without a key, faults find that, too: unkeyed says so.
func TestTargets(t *testing.T) {
	unkeyed := []string{"marker-second", "no-fencing"}
	for _, c := range []struct {
		target  string
		command func(*testing.T, string) string
		codes   []string
		flaws   []string
		also    []string
		args    []string
	}{
		{"node-article", nodeTarget, []string{"double-processing", "lost-event", "window-too-short"}, []string{"busy-200", "window-too-short"}, append(unkeyed, "reply-lost"),
			[]string{"--effects", "listen:{effects}?fail-first=1"}},
		{"node-correct", nodeTarget, nil, nil, nil, []string{"--effects", "listen:{effects}?fail-first=1&dedupe=key"}},
		{"node-bullmq-flawed", nodeTarget, []string{"double-processing"}, []string{"check-then-act"}, unkeyed,
			[]string{"--redis-proxy", "{upstream}", "--effects", "listen:{effects}"}},
		{"node-bullmq-correct", nodeTarget, nil, nil, nil, []string{"--redis-proxy", "{upstream}", "--effects", "listen:{effects}?fail-first=1&dedupe=key"}},
		{"go-redislock", goTarget, []string{"double-processing"}, []string{"check-then-act"}, unkeyed, []string{"--effects", "listen:{effects}"}},
		{"go-unique", goTarget, nil, nil, nil, []string{"--database", "sqlite:{file}", "--effects", "{database}#SELECT event, count(*) FROM charges GROUP BY event"}},
	} {
		t.Run(c.target, func(t *testing.T) {
			t.Parallel() // most of their time they wait
			args := []string{"run", fixtureDir, "--exec", "STRIPE_WEBHOOK_SECRET=$HOOKONCE_SECRET CHARGE_URL=http://{effects}/charge WORK_MS=5 exec " + c.command(t, c.target),
				"--replicas", "2", "--provider", "stripe", "--secret", testSecret, "--only", "charge.succeeded", "--bursts", "2", "--out", "json",
				"--journal", filepath.Join(t.TempDir(), "run.jsonl")}
			for _, a := range c.args {
				if strings.Contains(a, "{upstream}") {
					a = strings.ReplaceAll(a, "{upstream}", "redis://"+redisserver.Start(t))
				}
				args = append(args, strings.ReplaceAll(a, "{file}", filepath.Join(t.TempDir(), "target.db")))
			}
			code, out, errs := hookonce(t, args...)
			checkTarget(t, code, gjson.Parse(out), errs, c.codes, c.flaws, c.also)
		})
	}
}

func checkTarget(t *testing.T, code int, report gjson.Result, errs string, codes, flaws, also []string) {
	t.Helper()
	want := exitPass
	if codes != nil {
		want = exitViolations
	}
	if code != want {
		t.Errorf("exit %d, want %d; missing %s, findings %.900s\n%s", code, want, report.Get("missing"), report.Get("findings"), errs)
	}
	var found, named []string
	for _, f := range report.Get(`findings.#(severity=="violation")#`).Array() {
		found = append(found, f.Get("code").Str)
		if name := f.Get("evidence.flaw.name").Str; name != "" {
			named = append(named, name)
		}
	}
	slices.Sort(found)
	slices.Sort(named)
	if found, named = slices.Compact(found), slices.Compact(named); !slices.Equal(found, codes) {
		t.Errorf("found %q, want %q", found, codes)
	}
	for _, f := range flaws {
		if !slices.Contains(named, f) {
			t.Errorf("no finding names %s, but %q", f, named)
		}
	}
	if named = slices.DeleteFunc(named, func(n string) bool { return slices.Contains(flaws, n) || slices.Contains(also, n) }); len(named) > 0 {
		t.Errorf("flaws that it does not have: %q", named)
	}
}
