package cmd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

var actionDir = filepath.Join("..", ".github", "actions", "hookonce")

// The action's script gives hookonce what the inputs say, word by word, and its exit code on.
func TestActionScript(t *testing.T) {
	dir := t.TempDir()
	fake := filepath.Join(dir, "fake")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nprintf '[%s]\\n' \"$@\" > \"$RUNNER_TEMP/args\"\nexit 3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs(filepath.Join(actionDir, "run.sh"))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command("bash", script)
	c.Env = append(os.Environ(), "HOOKONCE="+fake, "RUNNER_TEMP="+dir, "GITHUB_OUTPUT="+filepath.Join(dir, "output"),
		"INPUT_FIXTURES=./a  ./b.json", "INPUT_TARGET=http://127.0.0.1:3000/x", "INPUT_SEED=7", "INPUT_WAIT=30s", "INPUT_BASELINE=known.json",
		"INPUT_EFFECTS=http://127.0.0.1:3000/effects\nexec:psql -tAc \"select 1\"\n", `INPUT_ARGS=--only 'invoice.*' --header "X: $(touch no) y"`)
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("%v\n%s", err, out)
	}
	args, err := os.ReadFile(filepath.Join(dir, "args"))
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(strings.TrimSpace(string(args)), "\n")
	want := []string{"[run]", "[./a]", "[./b.json]", "[--target]", "[http://127.0.0.1:3000/x]", "[--seed]", "[7]", "[--wait]", "[30s]",
		"[--effects]", "[http://127.0.0.1:3000/effects]", "[--effects]", `[exec:psql -tAc "select 1"]`, "[--baseline]", "[known.json]"}
	if !slices.Equal(got[:len(want)], want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, w := range []string{"[--only]", "[invoice.*]", "[X: $(touch no) y]"} {
		if !slices.Contains(got, w) {
			t.Errorf("%s is not among %s", w, got)
		}
	}
	result, err := os.ReadFile(filepath.Join(dir, "output"))
	if err != nil || !strings.Contains(string(result), "exit-code=3\n") {
		t.Errorf("%v %s", err, result)
	}
}

// Every flag the script gives is one of run, and every input reaches the script.
func TestActionKnowsTheFlags(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(actionDir, "run.sh"))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := newRootCmd(&Streams{Getenv: os.Getenv}, nil).Find([]string{"run"})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(` --([a-z-]+)`).FindAllStringSubmatch(string(text), -1) {
		if run.Flags().Lookup(m[1]) == nil {
			t.Errorf("run has no --%s", m[1])
		}
	}
	raw, err := os.ReadFile(filepath.Join(actionDir, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var action struct{ Inputs map[string]any }
	if err := yaml.Unmarshal(raw, &action); err != nil {
		t.Fatal(err)
	}
	if len(action.Inputs) == 0 {
		t.Error("no inputs")
	}
	for name := range action.Inputs {
		if !strings.Contains(string(raw), "inputs."+name+" }}") {
			t.Errorf("the input %s is not used", name)
		}
	}
}
