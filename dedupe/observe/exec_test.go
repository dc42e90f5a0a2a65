//go:build unix

package observe

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hookonce/replay"
)

func TestExecDifferences(t *testing.T) {
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "out"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("evt_0|1\n")
	s := mustParse(t, "exec:cat out", Options{Dir: dir})
	r := mustOpen(t, s)
	for _, step := range []struct{ out, want string }{
		{"evt_0|1\n", "evt_0 +1 earlier"},
		{"evt_0|1\nevt_1|2\n", "evt_1 +2"},
		{"[{\"id\":\"evt_0\"},{\"id\":\"evt_1\",\"count\":3}]", "evt_1 +1"},
		{"state s 1\nstate s 2\nevt_0 1\nevt_1 3\n", "s=1; s=2"},
	} {
		write(step.out)
		mustPoll(t, s)
		if got := strings.Join(r.take(), "; "); got != step.want {
			t.Errorf("%q: got %q, want %q", step.out, got, step.want)
		}
	}
}

func TestExecStates(t *testing.T) {
	s := mustParse(t, `exec+state:printf 's\t9007199254740993\nr\t2\tt\n'`, Options{})
	r := mustOpen(t, s)
	if got := strings.Join(r.take(), "; "); got != "s=9007199254740993 earlier; r=2 deleted earlier" {
		t.Errorf("told %q", got)
	}
	if got := s.Info(); !got.States || got.Counts || got.Committed || got.Exact {
		t.Errorf("info %+v", got)
	}
}

func TestExecErrors(t *testing.T) {
	for command, want := range map[string]string{
		"exit 3": "the command failed: exit status 3",
		"echo first >&2; echo 'FATAL: no role; postgres://joe:hunter2@db/x' >&2; exit 1": "the command failed: exit status 1: FATAL: no role; postgres://db/x",
		"no-such-command-here": "the command failed: exit status 127: ",
		"kill -9 $$":           "the command failed: signal: killed",
		"yes evt_1":            "it told more than 100000 bytes",
		"echo evt_1 many":      `line 1 "evt_1 many": the count "many" is not a whole number`,
		"yes evt_1 >&2":        "not done within 500ms",
		"sleep 60":             "not done within 500ms",
		"sleep 60 & wait":      "not done within 500ms",
		"trap '' TERM INT HUP; while :; do sleep 1; done": "not done within 500ms",
	} {
		s := mustParse(t, "exec:"+command, Options{MaxBytes: 100_000, Timeout: 500 * time.Millisecond})
		checkOpenError(t, s, s.Info().Label, want)
	}
}

// A command that is cut off takes everything it started along.
func TestExecKillsItsGroup(t *testing.T) {
	for name, command := range map[string]string{
		"in time":   "sleep 60 & echo $! >child; wait",
		"it ended":  "sleep 60 & echo $! >child; echo evt_1",
		"too much":  "sleep 60 & echo $! >child; yes evt_1",
		"a pipe":    "sh -c 'echo $$ >child; exec sleep 60' | cat",
		"nested sh": "sh -c 'sleep 60 & echo $! >child; wait'",
	} {
		dir := t.TempDir()
		var text []byte
		var err error
		// On a busy machine the command may not have come to its child before it was cut off.
		for within := 300 * time.Millisecond; len(text) == 0 && within < 30*time.Second; within *= 3 {
			s := mustParse(t, "exec:"+command, Options{Dir: dir, MaxBytes: 1000, Timeout: within})
			if err := s.Open(t.Context(), time.Now(), func(replay.Effect) {}); err == nil {
				t.Errorf("%s: no error", name)
			}
			text, err = os.ReadFile(filepath.Join(dir, "child"))
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		waitGone(t, name, pid)
	}
}

// waitGone waits until a process is gone, or a zombie that only waits to be collected.
func waitGone(t *testing.T, name string, pid int) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		if syscall.Kill(pid, 0) != nil {
			return
		}
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err == nil && strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Errorf("%s: process %d still runs", name, pid)
}
