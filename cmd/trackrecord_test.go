package cmd

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"hookonce/dedupe/zoo"
)

// The README's track record has one row for each flawed handler, as the zoo's catalogue tells it.
func TestTrackRecord(t *testing.T) {
	var b strings.Builder
	b.WriteString("| handler | flaw | found as | seen in the open | reproduce |\n|---|---|---|---|---|\n")
	for _, e := range zoo.Handlers() {
		if e.Correct() {
			continue
		}
		if len(e.Seen) == 0 {
			t.Errorf("%s: nobody reported it", e.Name)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | `hookonce zoo --handler %s` |\n", e.Name, e.Flaw, strings.Join(e.Expect, ", "), strings.Join(e.Seen, ", "), e.Name)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), b.String()) {
		t.Errorf("the README lacks the table of the zoo:\n%s", b.String())
	}
}
