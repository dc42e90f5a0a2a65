package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func render(t *testing.T, f Format, r Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := f(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, s := range samples() {
		for _, f := range Formats() {
			t.Run(s.name+"/"+f.Name, func(t *testing.T) {
				golden(t, s.name+f.Extension, bare(t, f, render(t, f.With(Style{}), s.report())))
			})
		}
		t.Run(s.name+"/ascii", func(t *testing.T) {
			golden(t, s.name+".ascii.txt", render(t, Text(Style{ASCII: true, Width: 100}), s.report()))
		})
	}
}

// bare is a page without what is the same in all of them.
func bare(t *testing.T, f Named, text string) string {
	t.Helper()
	if f.Extension != ".html" {
		return text
	}
	for _, file := range []string{"web/page.css", "web/page.js"} {
		b, err := os.ReadFile(file)
		if err != nil || !strings.Contains(text, string(b)) {
			t.Fatalf("%s is not in the page (%v)", file, err)
		}
		text = strings.Replace(text, string(b), "("+file+")\n", 1)
	}
	return regexp.MustCompile("'sha256-[^']+'").ReplaceAllString(text, "'sha256-...'")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and look at the difference\ngot:\n%s", path, got)
	}
}
