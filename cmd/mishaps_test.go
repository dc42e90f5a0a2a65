//go:build unix

package cmd

import (
	"os"
	"strings"
	"testing"

	"hookonce/chaos"
)

// What a process that dies, stands still or is restarted does to a handler is found, with its name; and a right handler survives it all.
func TestProcessFaults(t *testing.T) {
	all := strings.Join(chaos.ProcessFaults(), ",")
	for _, c := range []struct {
		handler, replicas string
		code              int
		flaws             []string
	}{
		{"article", "2", exitViolations, []string{"busy-200", "no-fencing"}},
		{"process-memory", "1", exitViolations, []string{"process-memory"}},
		{"hardened", "2", exitPass, nil},
		{"hardened", "1", exitPass, nil},
	} {
		code, report, errs := runExec(t, "", c.handler, "--replicas", c.replicas, "--faults", all)
		if code != c.code {
			t.Errorf("%s: exit %d, missing %s, findings %.900s\n%s", c.handler, code, report.Get("missing"), report.Get("findings"), errs)
		}
		for _, f := range c.flaws {
			if !report.Get(`findings.#(evidence.flaw.name=="` + f + `")`).Exists() {
				t.Errorf("%s: no finding names %s: %s", c.handler, f, report.Get("findings.#.evidence.flaw.text"))
			}
		}
		for _, f := range chaos.ProcessFaults() {
			// A handler that asks no Redis has no moment of a claim.
			if n := report.Get(`faults.#(fault=="` + f + `").fired`).Int(); n == 0 && c.handler != "process-memory" {
				t.Errorf("%s: %s never took place: %s", c.handler, f, report.Get("faults"))
			}
		}
	}
}

// An endpoint that tells its own effects is not killed unless that is asked for: its count may die with it.
func TestOwnEffectsAreNotKilled(t *testing.T) {
	command := self(t) + " serve hardened --work 1ms --listen 127.0.0.1:{port} --redis {redis}"
	journal := t.TempDir() + "/run.jsonl"
	code, out, errs := hookonce(t, "run", fixtureDir, "--exec", command, "--secret", testSecret, "--effects", "http://127.0.0.1:{port}/effects",
		"--only", "charge.succeeded", "--bursts", "1", "--late", "70s", "--journal", journal)
	happened, err := os.ReadFile(journal)
	if code != exitPass || !strings.Contains(errs, "process-kill") || err != nil || strings.Contains(string(happened), "killed at delivery") {
		t.Errorf("exit %d, %v\n%.900s\n%s", code, err, out, errs)
	}
}
