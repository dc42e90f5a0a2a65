package cmd

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// editorSays is what the language server that editors use says of a file.
type editorSays struct {
	Diagnostics []string
	Completions [][]string
}

func askEditor(t *testing.T, node, script, file string, places ...string) editorSays {
	t.Helper()
	cmd := exec.Command(node, append([]string{script, file}, places...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var says editorSays
	if err := json.Unmarshal(out, &says); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return says
}

// needLanguageServer says where node and the script are; where CI is set they must be there.
func needLanguageServer(t *testing.T) (node, script string) {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("..", "testdata", "verifiers", "editor.mjs"))
	if err != nil {
		t.Fatal(err)
	}
	node, err = exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(filepath.Dir(script), "node_modules", "yaml-language-server"))
	}
	if err != nil {
		text := fmt.Sprintf("the YAML language server needs node, and npm ci --prefix testdata/verifiers: %v", err)
		if os.Getenv("CI") != "" {
			t.Fatal(text)
		}
		t.Skip(text)
	}
	return node, script
}

// Editors complete and check what init writes, by the schema it writes beside it.
func TestEditorsCompleteTheConfiguration(t *testing.T) {
	node, script := needLanguageServer(t)
	t.Chdir(t.TempDir())
	if code, _, errs := hookonce(t, "init", "--target", "http://"+freePort(t)+"/"); code != exitPass {
		t.Fatalf("exit %d, %s", code, errs)
	}
	if says := askEditor(t, node, script, defaultConfig); len(says.Diagnostics) > 0 {
		t.Errorf("what init wrote: %q", says.Diagnostics)
	}
	written, err := os.ReadFile(defaultConfig)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(string(written), "\n")
	more := "sede: 1\nproviders:\n  stripe:\n    route: /s\n    \n  acme:\n    generic:\n      id: a\n      \n"
	if err := os.WriteFile(defaultConfig, append(written, more...), 0o600); err != nil {
		t.Fatal(err)
	}
	says := askEditor(t, node, script, defaultConfig, fmt.Sprintf("%d:0", lines), fmt.Sprintf("%d:4", lines+4), fmt.Sprintf("%d:6", lines+8))
	if len(says.Diagnostics) != 1 || !strings.Contains(says.Diagnostics[0], "sede") {
		t.Errorf("of a setting that there is not: %q", says.Diagnostics)
	}
	for i, want := range [][]string{{"faults", "late"}, {"secret", "public-url"}, {"version", "signature"}} {
		for _, name := range want {
			if !slices.Contains(says.Completions[i], name) {
				t.Errorf("place %d: %s is not among %q", i, name, says.Completions[i])
			}
		}
	}
}
