package report

import (
	"testing"

	"hookonce/dedupe/audit"
)

// The bound is the rate at which so many races show no double with the probability that the confidence leaves.
func TestRateBoundKeepsTheConfidence(t *testing.T) {
	r := Report{Checks: []Check{{Name: doubleProcessing, Status: audit.Pass}}}
	for _, tc := range []struct {
		n        int
		percent  float64
		from, to float64
	}{{299, 95, 0.0099, 0.01}, {459, 99, 0.0099, 0.01}, {1, 95, 0.95, 0.95}} {
		if p := rateBound(r, tc.n, tc.percent); p < tc.from-1e-9 || p > tc.to+1e-4 {
			t.Errorf("%d races at %g %%: %g, want %g to %g", tc.n, tc.percent, p, tc.from, tc.to)
		}
	}
}
