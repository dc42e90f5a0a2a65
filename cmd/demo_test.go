package cmd

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"hookonce/dedupe/zoo"
	"hookonce/replay"
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
			if plan != nil { // the first one's, which the others are compared with
				t.Parallel() // most of its time it waits
			}
			path := filepath.Join(t.TempDir(), "run.jsonl")
			code, _, errs := hookonce(t, "demo", entry.Name, "--only", "payment_intent.*,customer.*", "--bursts", "2",
				"--out", "json=/dev/null", "--journal", path)
			j, err := readJournal(path)
			if err != nil {
				t.Fatalf("exit %d: %v\n%s", code, err, errs)
			}
			got, err := json.Marshal(asPlanned(j.Target.Plan))
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

// asPlanned is the plan as it was before the handler answered: what its window was measured with comes after the sentinels.
func asPlanned(p replay.Plan) replay.Plan {
	last := slices.IndexFunc(p.Deliveries, func(d replay.Delivery) bool { return d.Phase == replay.PhaseSentinel })
	for last < len(p.Deliveries) && p.Deliveries[last].Phase == replay.PhaseSentinel {
		last++
	}
	first := map[string]bool{}
	for _, d := range p.Deliveries[:last] {
		first[d.Event] = true
	}
	p.Deliveries = p.Deliveries[:last]
	p.Events = slices.DeleteFunc(slices.Clone(p.Events), func(e replay.Event) bool { return !first[e.Key] })
	return p
}

// A dedupe window is measured to the minute, a short one to the second, up to the provider's retry span.
func TestDemoMeasuresTheWindow(t *testing.T) {
	for name, want := range map[string]string{
		"window-24h --window=false": "remembers at least 70 s and less than 2 d 23 h",
		"window-24h":                "remembers for 24h0m (measured: still known at 23h59m, processed again at 24h0m)",
		"window-60s":                "remembers for 60 s (measured: still known at 59 s, processed again at 60 s)",
		"hardened":                  "remembers at least 72 h (measured: still known at 71h59m)",
	} {
		args := append([]string{"demo"}, strings.Fields(name)...)
		_, out, errs := hookonce(t, append(args, "--only", "charge.*", "--faults", "late", "--out", "json", "--journal", filepath.Join(t.TempDir(), "run.jsonl"))...)
		if got := gjson.Get(out, "memory.statement").Str; !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q\n%s", name, got, want, errs)
		}
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
