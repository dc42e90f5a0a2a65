//go:build unix

package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A report takes the place of what a file holds, and of nothing else.
func TestReplaceFileKeepsLinkAndMode(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("reports", 0o755); err != nil {
		t.Fatal(err)
	}
	for link, file := range map[string]string{"there.html": "there", "dangling.html": "new", "own.html": ""} {
		at, mode := link, fs.FileMode(0o644)
		if file != "" {
			at = filepath.Join("reports", file)
			if err := os.Symlink(at, link); err != nil {
				t.Fatal(err)
			}
		}
		if file != "new" {
			mode = 0o600
			if err := os.WriteFile(at, []byte("old"), mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := replaceFile(link, []byte("report")); err != nil {
			t.Fatalf("%s: %v", link, err)
		}
		text, err := os.ReadFile(at)
		info, _ := os.Lstat(at)
		if err != nil || string(text) != "report" || info.Mode() != mode {
			t.Errorf("%s: %q, %v, %v", link, text, info.Mode(), err)
		}
		if info, err := os.Lstat(link); err != nil || (info.Mode()&fs.ModeSymlink != 0) != (file != "") {
			t.Errorf("%s: %v, %v", link, info.Mode(), err)
		}
	}
}
