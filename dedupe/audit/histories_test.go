package audit_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

var historiesDir = filepath.Join("..", "..", "testdata", "histories")

// expectation stands beside each history: NAME.expect.json beside NAME.jsonl.
type expectation struct {
	// About says what happened, and who found it where that was a bug of the audit.
	About   string       `json:"about"`
	Verdict audit.Status `json:"verdict"`
	// Findings are a code and the key of an event, or of a subject where the code is about states.
	Findings []string `json:"findings"`
}

func readExpectation(t *testing.T, history string) expectation {
	t.Helper()
	var e expectation
	text, err := os.ReadFile(strings.TrimSuffix(history, ".jsonl") + ".expect.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &e); err != nil || e.About == "" || e.Verdict == "" {
		t.Fatalf("%s: no expectation that can be held: %v", history, err)
	}
	slices.Sort(e.Findings)
	return e
}

// Every history that ever taught something is judged in every run of the tests.
func TestHistories(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(historiesDir, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	codes, verdicts := map[string]bool{}, map[audit.Status]bool{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		want := readExpectation(t, file)
		verdicts[want.Verdict] = true
		for _, f := range want.Findings {
			code, _, _ := strings.Cut(f, " ")
			codes[code] = true
		}
		t.Run(name, func(t *testing.T) {
			v := judgeFile(t, file)
			if got := asTold(v); v.Verdict != want.Verdict || !slices.Equal(got, want.Findings) {
				t.Errorf("%s\nis %s with %q, and must be %s with %q (missing %q)", want.About, v.Verdict, got, want.Verdict, want.Findings, v.Missing)
			}
			if v.Verdict == audit.Inconclusive && len(v.Missing) == 0 {
				t.Error("inconclusive without a word of what is missing")
			}
		})
	}
	for _, code := range audit.Codes() {
		if !codes[code] {
			t.Errorf("no history has %s: add testdata/histories/%s.jsonl", code, code)
		}
	}
	for _, s := range []audit.Status{audit.Pass, audit.Fail, audit.Inconclusive} {
		if !verdicts[s] {
			t.Errorf("no history is %s", s)
		}
	}
}

func judgeFile(t *testing.T, file string) audit.Verdict {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	j, err := replay.ReadJournal(f)
	if err != nil {
		t.Fatal(err)
	}
	return audit.Judge(j.Target, j.Reference)
}
