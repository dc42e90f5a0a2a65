//go:build unix

package cmd

import (
	"os"
	"path/filepath"
	"testing"
)

// A mistake in usage leaves everything as it was: no endpoint is reset, and no file is made.
func TestUsageLeavesNothingBehind(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	fixtures, err := filepath.Abs(fixtureDir)
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"time scale":          {"run", fixtures, "--target", url, "--time-scale", "5"},
		"reference":           {"run", fixtures, "--target", url, "--reference", "foo"},
		"redis":               {"run", fixtures, "--target", url, "--redis", "bogus://"},
		"lease":               {"run", fixtures, "--target", url, "--lease", "-1s"},
		"target":              {"run", fixtures, "--target", "http://192.0.2.1/"},
		"replica":             {"run", fixtures, "--target", url, "--target", "http://192.0.2.1/webhook"},
		"load's target":       {"load", fixtures, "--target", "http://192.0.2.1/"},
		"load's lease":        {"load", fixtures, "--target", url, "--lease", "-1s"},
		"one file twice":      {"run", fixtures, "--target", url, "--journal", "b.jsonl", "--out", "json=./b.jsonl"},
		"no exit code":        {"run", fixtures, "--target", url, "--inconclusive-as", "256"},
		"no fixtures":         {"run", "nofile", "--target", url, "--out", "html=x.html"},
		"no journal to judge": {"audit", "missing.jsonl", "--out", "html=y.html"},
	} {
		t.Chdir(t.TempDir())
		if args[0] != "audit" {
			args = append(args, "--secret", testSecret, "--reset", "touch reset")
		}
		code, _, errs := hookonce(t, args...)
		if left, err := os.ReadDir("."); code != exitUsage || err != nil || len(left) > 0 {
			t.Errorf("%s: exit %d, left %v: %s", name, code, left, errs)
		}
	}
}
