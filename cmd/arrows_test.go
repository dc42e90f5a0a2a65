package cmd

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says, per package, what of ours it may import. The longest prefix that
// matches counts; a package that matches none may import nothing of ours.
var arrows = []struct {
	pkg     string
	imports []string
}{
	{"hookonce", []string{"hookonce/cmd"}},
	{"hookonce/replay", nil},
	{"hookonce/replay/redact", nil},
	{"hookonce/replay/journal", []string{"hookonce/replay"}},
	{"hookonce/replay/supervise", nil},
	{"hookonce/replay/dispatch", []string{"hookonce/replay"}},
	{"hookonce/replay/load", []string{"hookonce/replay"}},
	{"hookonce/replay/provider", []string{"hookonce/replay"}},
	{"hookonce/replay/fixture", []string{"hookonce/replay", "hookonce/replay/provider"}},
	{"hookonce/replay/record", []string{"hookonce/replay", "hookonce/replay/provider", "hookonce/replay/redact"}},
	{"hookonce/chaos", []string{"hookonce/replay"}},
	{"hookonce/dedupe", []string{"hookonce/replay", "hookonce/dedupe/"}},
	{"hookonce/dedupe/audit", []string{"hookonce/replay"}},
	{"hookonce/dedupe/simulate/trace", []string{"hookonce/replay", "hookonce/replay/redact", "hookonce/dedupe/simulate"}},
	{"hookonce/dedupe/observe", []string{"hookonce/replay", "hookonce/replay/redact"}},
	{"hookonce/cmd/report", []string{"hookonce/replay", "hookonce/replay/redact", "hookonce/dedupe/audit"}},
	{"hookonce/cmd/hush", nil},
	{"hookonce/cmd/tui", []string{"hookonce/replay", "hookonce/replay/redact", "hookonce/dedupe/audit", "hookonce/cmd/report"}},
	{"hookonce/cmd", []string{"hookonce/"}},
}

// doors says which packages alone may import a library, so that it can be replaced.
var doors = map[string][]string{
	"github.com/spf13/cobra":         {"hookonce/cmd"},
	"github.com/spf13/pflag":         {"hookonce/cmd"},
	"github.com/charmbracelet/":      {"hookonce/cmd/tui"},
	"github.com/NimbleMarkets/":      {"hookonce/cmd/tui"},
	"github.com/muesli/termenv":      {"hookonce/cmd/tui"},
	"github.com/tsenart/vegeta/":     {"hookonce/replay/load"},
	"github.com/expr-lang/":          {"hookonce/replay/load"},
	"github.com/redis/go-redis/":     {"hookonce/dedupe/redisstore", "hookonce/dedupe/reference", "hookonce/dedupe/zoo", "hookonce/dedupe/observe", "hookonce/dedupe/simulate"},
	"github.com/yuin/gopher-lua":     {"hookonce/dedupe/simulate/plainredis"},
	"github.com/alicebob/miniredis/": {"hookonce/dedupe/reference", "hookonce/dedupe/simulate"},
	"modernc.org/sqlite":             {"hookonce/dedupe/reference", "hookonce/dedupe/observe"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestArrows(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "hookonce/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, imp := range p.Imports {
			checkArrow(t, p.ImportPath, imp)
			checkDoor(t, p.ImportPath, imp)
		}
	}
	if seen < 10 {
		t.Errorf("only %d packages were looked at", seen)
	}
}

func checkArrow(t *testing.T, pkg, imp string) {
	if imp != "hookonce" && !strings.HasPrefix(imp, "hookonce/") {
		return
	}
	var allowed []string
	longest := -1
	for _, a := range arrows {
		if (pkg == a.pkg || strings.HasPrefix(pkg, a.pkg+"/")) && len(a.pkg) > longest {
			longest, allowed = len(a.pkg), a.imports
		}
	}
	if !slices.ContainsFunc(allowed, func(a string) bool { return imp == a || strings.HasSuffix(a, "/") && strings.HasPrefix(imp+"/", a) }) {
		t.Errorf("%s imports %s: that arrow points the wrong way", pkg, imp)
	}
}

func checkDoor(t *testing.T, pkg, imp string) {
	for library, through := range doors {
		if imp != strings.TrimSuffix(library, "/") && !strings.HasPrefix(imp, library) {
			continue
		}
		if !slices.ContainsFunc(through, func(d string) bool { return pkg == d || strings.HasPrefix(pkg, d+"/") }) {
			t.Errorf("%s imports %s, which is for %s only", pkg, imp, strings.Join(through, ", "))
		}
	}
}
