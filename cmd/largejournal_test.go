package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A journal that is judged as a stream gets the verdict, and the findings their evidence, that it has in memory.
func TestLargeJournals(t *testing.T) {
	files, err := filepath.Glob("../testdata/histories/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			j, v, err := judgeJournal(file, 0)
			if err != nil {
				t.Fatal(err)
			}
			got := newReport(t.Context(), nil, j, v, false)
			j, v, err = judgeJournal(file, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			want := newReport(t.Context(), nil, j, v, false)
			if len(got.Notes) != len(want.Notes)+1 {
				t.Errorf("it does not say that pictures are missing: %q", got.Notes)
			}
			got.Notes, got.Latency, got.Activity = want.Notes, want.Latency, want.Activity
			if want.Complete { // or else they are counted from what the journal has
				got.Stats.LateP50 = want.Stats.LateP50
			} else {
				got.Stats = want.Stats
			}
			a, _ := json.Marshal(got)
			b, _ := json.Marshal(want)
			if string(a) != string(b) {
				t.Errorf("as a stream\n%s\nin memory\n%s", a, b)
			}
		})
	}
}

// Where a line of a journal is wrong is said the way editors read it.
func TestAlteredJournal(t *testing.T) {
	text, err := os.ReadFile("../testdata/histories/lost-event.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "run.jsonl")
	lines := strings.SplitAfter(string(text), "\n")
	lines[2] = "{\"event\":\n"
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, most := range []int64{0, 1 << 30} {
		if _, _, err := judgeJournal(path, most); err == nil || !strings.Contains(err.Error(), path+":3: ") || exitCode(err) != exitUsage {
			t.Errorf("%v", err)
		}
	}
}
