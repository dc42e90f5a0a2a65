package scenario

import (
	"context"
	"fmt"
	"slices"

	"hookonce/dedupe/audit"
	"hookonce/dedupe/simulate"
	"hookonce/dedupe/zoo"
	"hookonce/replay"
)

// Result is what the audit said of one run.
type Result struct {
	// Codes are those of the findings, each once.
	Codes []string
	// Missing says what left the run without proof, a mishap that never struck among it.
	Missing  []string
	Idle     []string // the mishaps that never struck
	Verdict  audit.Status
	Findings []audit.Finding
	// Deliveries is how many were sent.
	Deliveries int
}

// Try runs a scenario against a handler on one seed, in virtual time, and judges it.
func Try(ctx context.Context, entry zoo.Entry, s Scenario, seed uint64) (Result, error) {
	return Judge(ctx, entry, s.Plan(), s.Options(seed))
}

// Judge runs a plan against a handler in virtual time, and judges it as an endpoint of somebody.
func Judge(ctx context.Context, entry zoo.Entry, plan replay.Plan, o simulate.Options) (Result, error) {
	o.Handler, o.Start, o.Resend = entry.Name, entry.Start, entry.Resends
	h, err := simulate.Run(ctx, plan, entry.Handler, o)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", entry.Name, err)
	}
	h.Header.Reference = "" // the audit must not learn which handler it is
	v := audit.Judge(h, nil)
	r := Result{Verdict: v.Verdict, Missing: v.Missing, Findings: v.Findings, Deliveries: h.Stats.Attempts}
	for _, f := range v.Findings {
		if !slices.Contains(r.Codes, f.Code) {
			r.Codes = append(r.Codes, f.Code)
		}
	}
	for _, m := range h.Marks {
		if m.Kind == replay.MarkMishap && !m.Fired {
			r.Idle = append(r.Idle, m.Text)
		}
	}
	return r, nil
}

// Found says that a flawed handler's codes are all there.
func (r Result) Found(entry zoo.Entry) bool {
	for _, code := range entry.Expect {
		if !slices.Contains(r.Codes, code) {
			return false
		}
	}
	return !entry.Correct()
}

// Outside lists the codes that the handler must not be found by: for a correct one that is every
// code but the warnings that the scenario causes by itself.
func (r Result) Outside(entry zoo.Entry, warns []string) []string {
	return slices.DeleteFunc(slices.Clone(r.Codes), func(code string) bool {
		return slices.Contains(entry.Expect, code) || slices.Contains(entry.Also, code) || slices.Contains(warns, code)
	})
}
