package cmd

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	"hookonce/dedupe/zoo"
)

// A handler of each kind is found by its code in a demo, the hardened one by none, and all of them get the
// same plan, byte for byte. Correct handlers over SQLite are left to the simulator: on a slow machine a
// locked database answers duplicates with 503, which is told, and rightly, as a warning.
func TestDemoHandlers(t *testing.T) {
	var plan []byte
	for _, name := range []string{"none", "check-then-act", "article", "busy-200", "swallow", "no-version", "unique-email", "no-verify",
		"hardened"} {
		entry, _ := zoo.Find(name)
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
			want := code
			if entry.Plain || entry.Correct() {
				want = map[bool]int{true: exitPass, false: exitViolations}[entry.Correct()]
			}
			if code != want {
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
	found := map[string]bool{}
	for _, f := range r.Findings {
		found[f.Code] = true
		if !slices.Contains(entry.Expect, f.Code) && !slices.Contains(entry.Also, f.Code) {
			t.Errorf("%s (%s) is not among what its flaw may cause", f.Code, f.Severity)
		}
	}
	for _, code := range entry.Expect {
		if entry.Plain && !found[code] {
			t.Errorf("%s was not found", code)
		}
	}
}
