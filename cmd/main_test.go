package cmd

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary a hookonce for scripts: exit codes are those of a real process.
func TestMain(m *testing.M) {
	if os.Getenv("FIXTURES") == "" { // for programs that tests start
		_ = os.Setenv("FIXTURES", fixtureDir)
	}
	testscript.Main(m, map[string]func(){
		"hookonce": func() { os.Exit(Main(os.DirFS(os.Getenv("FIXTURES")))) },
	})
}

// exits runs hookonce and demands an exit code: exits CODE ARG ...
func exits(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: exits CODE ARG ...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec("hookonce", args[1:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("hookonce %v: exit code %d, want %d", args[1:], got, want)
	}
}

func TestScripts(t *testing.T) {
	fixtures, err := filepath.Abs(filepath.Join("..", "testdata", "fixtures", "stripe"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:  filepath.Join("testdata", "script"),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(e *testscript.Env) error {
			e.Setenv("FIXTURES", fixtures)
			e.Setenv("CI", "true")
			e.Setenv("ADDR", freePort(t))
			return nil
		},
	})
}
