package cmd

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"hookonce/dedupe/zoo"
)

// Every handler of the demo is found by its code, the correct one by none, and
// all of them get the same plan, byte for byte.
func TestDemoHandlers(t *testing.T) {
	var plan []byte
	for _, entry := range zoo.Handlers() {
		t.Run(entry.Name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "run.jsonl")
			code, _, errs := hookonce(t, "demo", entry.Name, "--only", "payment_intent.*,customer.*", "--bursts", "2",
				"--out", "json=/dev/null", "--journal", path)
			j, err := readJournal(path)
			if err != nil {
				t.Fatalf("exit %d: %v\n%s", code, err, errs)
			}
			got, err := json.Marshal(j.Target.Plan)
			if err != nil {
				t.Fatal(err)
			}
			if plan == nil {
				plan = got
			}
			if !bytes.Equal(got, plan) {
				t.Error("the plan is another one than the first handler's")
			}
			if want := map[bool]int{true: exitPass, false: exitViolations}[entry.Correct()]; code != want {
				t.Errorf("exit %d, want %d\n%s", code, want, errs)
			}
			checkCodes(t, path, entry)
		})
	}
}

// checkCodes demands the handler's code, and no violation outside what its flaw may cause.
func checkCodes(t *testing.T, path string, entry zoo.Entry) {
	t.Helper()
	_, out, _ := hookonce(t, "audit", path, "--out", "json")
	var r struct {
		Findings []struct{ Code, Severity string }
	}
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{entry.Expect: true}
	for _, c := range entry.Also {
		allowed[c] = true
	}
	found := entry.Correct()
	for _, f := range r.Findings {
		found = found || f.Code == entry.Expect
		if !allowed[f.Code] {
			t.Errorf("%s (%s) is not among what its flaw may cause", f.Code, f.Severity)
		}
	}
	if !found {
		t.Errorf("%s was not found", entry.Expect)
	}
}
