package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
)

func rootForTest() *cobra.Command {
	return newRootCmd(&Streams{Getenv: func(string) string { return "" }}, os.DirFS(fixtureDir))
}

// ours visits every command but those that cobra brings along.
func ours(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, sub := range c.Commands() {
		if sub.Name() != "help" && sub.Name() != "completion" {
			ours(sub, visit)
		}
	}
}

// Every help fits a terminal of 80x24 with the prompt below it, and shows two examples.
func TestHelpFitsAScreen(t *testing.T) {
	ours(rootForTest(), func(c *cobra.Command) {
		args := append(strings.Fields(c.CommandPath())[1:], "--help")
		code, out, errs := hookonce(t, args...)
		if code != exitPass || errs != "" {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
		got := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		if len(got) > helpLines {
			t.Errorf("%s has %d lines:\n%s", args, len(got), out)
		}
		for _, l := range got {
			if runewidth.StringWidth(l) > helpWidth {
				t.Errorf("%s has a line of %d columns: %s", args, runewidth.StringWidth(l), l)
			}
		}
		examples := 0
		for _, l := range strings.Split(c.Example, "\n") {
			if strings.HasPrefix(l, "  ") && !strings.HasPrefix(l, "   ") {
				examples++
			}
		}
		if examples < 2 || !strings.Contains(out, c.Example) {
			t.Errorf("%s shows %d examples:\n%s", args, examples, out)
		}
	})
}

// What help leaves out, --help-all has, whatever else is on the line.
func TestHelpAll(t *testing.T) {
	ours(rootForTest(), func(c *cobra.Command) {
		path := strings.Fields(c.CommandPath())[1:]
		code, out, errs := hookonce(t, append(path, "--help-all")...)
		if code != exitPass || errs != "" {
			t.Errorf("%s: exit %d, %s", path, code, errs)
		}
		shown, left := shownFlags(c)
		for _, f := range shown {
			if !strings.Contains(out, "--"+f.Name) {
				t.Errorf("%s: no --%s", path, f.Name)
			}
		}
		_, short, _ := hookonce(t, append(path, "--help")...)
		if left > 0 && !strings.Contains(short, "--help-all") {
			t.Errorf("%s leaves out %d flags and does not say so", path, left)
		}
	})
	code, out, _ := hookonce(t, "run", "nonsense", "--target", "x", "--help-all")
	if code != exitPass || !strings.Contains(out, "--inconclusive-as") || !strings.Contains(out, "3 inconclusive") {
		t.Errorf("exit %d, %s", code, out)
	}
	for name, flags := range foremost() {
		c, _, err := rootForTest().Find([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range flags {
			if c.Flags().Lookup(f) == nil {
				t.Errorf("%s has no --%s to show", name, f)
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"run", "--faults", ""}, []string{"all", "race", "-race", "timeout"}},
		{[]string{"run", "--faults", "race,"}, []string{"race,all", "race,timeout", "race,-late"}},
		{[]string{"plan", "--provider", ""}, []string{"stripe"}},
		{[]string{"run", "--checks", "lost-event,"}, []string{"lost-event,double-processing"}},
		{[]string{"run", "--out", ""}, []string{"text", "json", "junit", "markdown", "html", "github"}},
		{[]string{"audit", "--out", "h"}, []string{"html"}},
		{[]string{"run", "--effects", ""}, []string{"exec:", "listen:", "log:", "postgres://", "sqlite:"}},
		{[]string{"demo", ""}, []string{"article", "hardened"}},
		{[]string{"serve", "h"}, []string{"hardened"}},
		{[]string{"demo", "--tui", ""}, []string{"auto", "never", "always"}},
		{[]string{"run", "--reference", ""}, []string{"hardened", "article"}},
		{[]string{"providers", ""}, []string{"stripe"}},
	} {
		code, out, _ := hookonce(t, append([]string{"__complete"}, c.args...)...)
		got := strings.Split(out, "\n")
		for _, w := range c.want {
			if code != exitPass || !slices.Contains(got, w) {
				t.Errorf("%q: exit %d, %s is not among %q", c.args, code, w, got)
			}
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, out, _ := hookonce(t, "completion", shell); code != exitPass || !strings.Contains(out, "hookonce") {
			t.Errorf("%s: exit %d", shell, code)
		}
	}
}

// What there is not is a mistake in usage, of cobra's own commands too; what there is has its help.
func TestHelpAndCompletionRefuseWhatThereIsNot(t *testing.T) {
	for _, args := range [][]string{{"completion", "nosuch"}, {"completion", "bash", "nosuch"}, {"help", "nosuch"}, {"help", "demo", "nosuch"}, {"nosuch"}} {
		if code, out, errs := hookonce(t, args...); code != exitUsage || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "nosuch") {
			t.Errorf("%q: exit %d, %q, %q", args, code, out, errs)
		}
	}
	for _, args := range [][]string{{"completion"}, {"help"}, {"help", "demo"}, {"help", "fixtures", "ls"}} {
		if code, out, errs := hookonce(t, args...); code != exitPass || !strings.Contains(out, "Usage: hookonce") || errs != "" {
			t.Errorf("%q: exit %d, %q, %q", args, code, out, errs)
		}
	}
	if _, out, _ := hookonce(t, "demo", "--help-all"); !strings.Contains(out, "no-source") {
		t.Errorf("demo --help-all names no handlers: %s", out)
	}
}

// Every command has a manual page, and two runs write the same bytes.
func TestManualPages(t *testing.T) {
	dir := t.TempDir()
	if code, _, errs := hookonce(t, "man", dir); code != exitPass {
		t.Fatal(errs)
	}
	again := filepath.Join(dir, "again")
	if code, _, errs := hookonce(t, "man", again); code != exitPass {
		t.Fatal(errs)
	}
	ours(rootForTest(), func(c *cobra.Command) {
		if c.Hidden {
			return
		}
		name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
		page, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		other, err := fs.ReadFile(os.DirFS(again), name)
		if err != nil || string(page) != string(other) {
			t.Errorf("%s differs: %v", name, err)
		}
	})
}
