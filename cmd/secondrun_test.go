package cmd

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tidwall/gjson"
)

// A source that has seen an earlier run tells of it before anything is sent. The journal is read all the same, and judged as the run was.
func TestSecondRunAgainstOneSource(t *testing.T) {
	for command, begin := range map[string]func(*testing.T, string, ...string) (int, gjson.Result, string){
		"run": func(t *testing.T, url string, more ...string) (int, gjson.Result, string) {
			return runAgainst(t, url, append(more, "--effects", url)...)
		},
		"load": loadAgainst,
	} {
		url := serveEndpoint(t, &endpoint{forgetful: true})
		journal := filepath.Join(t.TempDir(), "second.jsonl")
		if code, _, errs := begin(t, url, "--seed", "1"); code != exitViolations {
			t.Fatalf("%s: exit %d: %s", command, code, errs)
		}
		code, told, errs := begin(t, url, "--seed", "2", "--journal", journal)
		if code != exitViolations {
			t.Fatalf("%s again: exit %d: %s", command, code, errs)
		}
		code, again := auditOf(t, journal)
		for _, same := range []string{"verdict", "checks.#.status", "findings.#"} {
			if code != exitViolations || again.Get(same).Raw != told.Get(same).Raw {
				t.Errorf("%s: judged again: exit %d, %s %s, and the run told %s", command, code, same, again.Get(same), told.Get(same))
			}
		}
	}
}

// A run that is refused leaves no journal that is in the way of the next try.
func TestRefusedRunLeavesNoJournal(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	journal := filepath.Join(t.TempDir(), "run.jsonl")
	if code, _, errs := runAgainst(t, url, "--effects", url, "--seed", "1"); code != exitPass {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, refused := range [][]string{{"--effects", url, "--seed", "1"}, {"--effects", "http://127.0.0.1:1/", "--seed", "2"}} {
		code, _, errs := runAgainst(t, url, append(refused, "--journal", journal)...)
		if _, err := os.Stat(journal); code != exitCannot || !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s: exit %d, the journal: %v\n%s", refused, code, err, errs)
		}
	}
	if code, _, errs := runAgainst(t, url, "--effects", url, "--seed", "2", "--journal", journal); code != exitPass {
		t.Errorf("the same journal again: exit %d: %s", code, errs)
	}
}
