//go:build unix

package cmd

import (
	"strings"
	"testing"

	"hookonce/replay"
)

// A call whose effect happened and whose answer was lost is made again: once too often where it has no key, and harmlessly where the key is the
// event's. Each fault takes place.
func TestDownstreamFaults(t *testing.T) {
	for handler, want := range map[string]int{"check-then-act": exitViolations, "hardened": exitPass} {
		code, report, errs := runExec(t, "", handler, "--faults", "downstream-fail,downstream-lost,downstream-slow")
		if code != want || want == exitViolations != report.Get(`findings.#(cause=="re-execution")`).Exists() {
			t.Errorf("%s: exit %d, missing %s, findings %.900s\n%s", handler, code, report.Get("missing"), report.Get("findings"), errs)
		}
		for _, f := range report.Get("faults").Array() {
			if f.Get("fired").Int() == 0 {
				t.Errorf("%s: %s", handler, f)
			}
		}
	}
}

func TestDownstreamNeedsASink(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	_, report, _ := runAgainst(t, url, "--effects", url, "--faults", "duplicate,downstream-lost")
	if got := report.Get(`faults.#(fault=="downstream-lost").reason`).Str; !strings.Contains(got, "listen:") {
		t.Errorf("%q", got)
	}
}

// Only the first call of an event is struck, under whatever id of the event's it comes.
func TestDownstreamStrikesOnce(t *testing.T) {
	s := newDownstream(replay.Plan{Events: []replay.Event{{Key: "evt_1", Subject: "sub_1"}, {Key: "evt_2"}}, Deliveries: []replay.Delivery{
		{N: 1, Event: "evt_1", Conditions: replay.Conditions{Downstream: &replay.DownstreamFault{Kind: replay.DownstreamLost}}}, {N: 2, Event: "evt_2"}}})
	if !s.strike("sub_1").Lose || s.strike("evt_1").Lose || s.strike("evt_2").Lose || s.strike("").Lose {
		t.Error("not struck once")
	}
	if a := s.ended(replay.Attempt{Delivery: 1}); a.Struck != replay.ProcessKind(replay.DownstreamLost) {
		t.Errorf("%+v", a)
	}
}
