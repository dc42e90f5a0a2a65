package zoo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCatalog(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Handlers() {
		if e.Handler == nil || e.Flaw == "" || seen[e.Name] || e.Correct() != (e.Scenario == "") {
			t.Errorf("entry %+v", e)
		}
		seen[e.Name] = true
		for _, code := range e.Also {
			if slices.Contains(e.Expect, code) {
				t.Errorf("%s: %s is both expected and allowed", e.Name, code)
			}
		}
		if found, ok := Find(e.Name); !ok || found.Name != e.Name {
			t.Errorf("%s is not found", e.Name)
		}
	}
	if _, ok := Find("dodo"); ok {
		t.Error("a dodo is found")
	}
	if len(flawed()) != 35 || len(correct()) != 10 || len(Names()) != 45 {
		t.Errorf("%d flawed and %d correct handlers", len(flawed()), len(correct()))
	}
}

// Every flawed handler has a file of its own, whose comment names the flaw.
func TestOneFilePerFlaw(t *testing.T) {
	for _, e := range flawed() {
		file := strings.ReplaceAll(e.Name, "-", "_") + ".go"
		if e.Name == "article" {
			file = filepath.Join("..", "reference", file)
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if n := strings.Count(string(source), "// Its flaw"); n != 1 {
			t.Errorf("%s names %d flaws", file, n)
		}
	}
}
