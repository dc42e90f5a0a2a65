//go:build unix

package cmd

import (
	"os"
	"slices"
	"strings"
	"testing"

	"hookonce/chaos"
	"hookonce/replay"
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

// The few times that something happens to a process go to events that have an effect, where control shows which those are.
func TestStrikesWhereItMatters(t *testing.T) {
	fault := func(m replay.ProcessMoment) replay.Conditions {
		return replay.Conditions{Process: &replay.ProcessFault{Kind: replay.ProcessPause, Moment: m}}
	}
	h := replay.History{Plan: replay.Plan{
		Events: []replay.Event{
			{Key: "evt_idle", Type: "idle"}, {Key: "evt_paid", Type: "paid", Refs: []string{"pi_1"}}, {Key: "evt_used", Type: "used"},
			{Key: "evt_idle2", Type: "idle"}, {Key: "evt_paid2", Type: "paid"},
		},
		Deliveries: []replay.Delivery{
			{N: 1, Event: "evt_idle", Phase: replay.PhaseControl}, {N: 2, Event: "evt_paid", Phase: replay.PhaseControl},
			{N: 3, Event: "evt_used", Phase: replay.PhaseControl},
			{N: 4, Event: "evt_idle2", Phase: replay.PhaseProcess, Conditions: fault(replay.MomentWork)},
			{N: 5, Event: "evt_paid2", Phase: replay.PhaseProcess, Conditions: fault(replay.MomentWork)},
			{N: 6, Event: "evt_idle2", Phase: replay.PhaseProcess, Conditions: fault(replay.MomentClaim)},
			{N: 7, Event: "evt_idle2", Phase: replay.PhaseProcess, Conditions: fault(replay.MomentEffect)},
			{N: 8, Event: "evt_paid2", Phase: replay.PhaseProcess, Conditions: fault(replay.MomentEffect)},
			{N: 9, Event: "evt_paid2", Phase: replay.PhaseProcess},
		},
	}}
	paid := replay.Effect{Key: "pi_1", Count: 1}
	before := replay.Effect{Key: "evt_used", Count: 1, Earlier: true}
	for name, c := range map[string]struct {
		effects []replay.Effect
		want    []int
	}{
		"one type has effects": {[]replay.Effect{before, paid}, []int{5, 6, 7, 8}},
		"no effect is known":   {[]replay.Effect{before}, []int{4, 5, 6, 7, 8}},
	} {
		h.Effects = c.effects
		worth := worthStriking(h.Plan, typesWithEffect(h))
		var got []int
		for _, d := range h.Plan.Deliveries {
			if worth[d.N] {
				got = append(got, d.N)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: strikes at %v, want %v", name, got, c.want)
		}
	}
}
