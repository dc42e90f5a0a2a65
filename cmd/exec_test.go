//go:build unix

package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tidwall/gjson"
)

// self is a path under which this test binary is a hookonce (see TestMain).
func self(t *testing.T) string {
	t.Helper()
	binary, err := os.Executable()
	link := filepath.Join(t.TempDir(), "hookonce")
	if err == nil {
		err = os.Symlink(binary, link)
	}
	if err != nil {
		t.Fatal(err)
	}
	return link
}

// runExec starts a built-in handler as a process of its own and runs a plan against it.
func runExec(t *testing.T, before, handler string, more ...string) (int, gjson.Result, string) {
	t.Helper()
	return runExecWatched(t, before, handler, "listen:{effects}", more...)
}

func runExecWatched(t *testing.T, before, handler, effects string, more ...string) (int, gjson.Result, string) {
	t.Helper()
	command := before + self(t) + " serve " + handler + " --work 5ms --listen 127.0.0.1:{port} --redis {redis} --effects-url http://{effects}"
	args := append([]string{"run", fixtureDir, "--exec", command, "--secret", testSecret, "--effects", effects, "--out", "json",
		"--only", "charge.succeeded", "--late", "70s", "--bursts", "1", "--journal", filepath.Join(t.TempDir(), "run.jsonl")}, more...)
	code, out, errs := hookonce(t, args...)
	return code, gjson.Parse(out), errs
}

// holder makes a pipe that is open as long as any process lives which was started behind the prefix.
func holder(t *testing.T) (prefix string, gone <-chan error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "held")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(path) // ends when the last writer is gone
		ended <- err
	}()
	return "exec 9>" + path + "; (setsid sleep 1000 &) ; ", ended
}

// A handler that remembers in its process is right as long as there is one, and found out by two.
func TestExecReplicas(t *testing.T) {
	for replicas, want := range map[string]int{"1": exitPass, "2": exitViolations} {
		prefix, gone := holder(t)
		if replicas == "2" {
			prefix, gone = "", nil // both would open the pipe, one after the other
		}
		code, report, errs := runExec(t, prefix, "process-memory", "--replicas", replicas, "--faults", "duplicate")
		if code != want || want == exitViolations != report.Get(`findings.#(code=="double-processing")`).Exists() {
			t.Errorf("%s replicas: exit %d, missing %s, findings %.600s\n%s", replicas, code, report.Get("missing"), report.Get("findings"), errs)
		}
		if gone == nil {
			continue
		}
		if err := <-gone; err != nil { // when the run is over nothing of it is left
			t.Error(err)
		}
	}
}

func TestExecCorrect(t *testing.T) {
	code, report, errs := runExec(t, "", "hardened", "--replicas", "2", "--ready", "/effects", "--faults", "duplicate,race,timeout")
	if code != exitPass {
		t.Errorf("exit %d, missing %s, findings %.600s\n%s", code, report.Get("missing"), report.Get("findings"), errs)
	}
}

// A process of its own is measured as the demo is, by the clock of the Redis it was given.
func TestExecMeasuresTheWindow(t *testing.T) {
	_, report, errs := runExec(t, "", "window-24h", "--faults", "late")
	const want = "remembers for 24h0m (measured: still known at 23h59m, processed again at 24h0m)"
	if got := report.Get("memory.statement").Str; !strings.Contains(got, want) {
		t.Errorf("%q\n%s", got, errs)
	}
}

// An endpoint that answers first and works afterwards is not made to look forgetful: its work is waited for before the clock goes on.
func TestExecMeasuresAfterAnswers(t *testing.T) {
	_, report, errs := runExec(t, "", "ack-first", "--faults", "late")
	if got := report.Get("memory.statement").Str; !strings.Contains(got, "remembers at least 72 h") {
		t.Errorf("%q\n%s", got, errs)
	}
}

// An endpoint that never comes up is one line with what it said last, and nothing of it is left.
func TestExecThatFails(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--exec", "echo no database; exit 3"}, exitCannot, "no database"},
		{[]string{"--exec", "sleep 1000", "--wait", "1ms"}, exitCannot, "target unreachable"},
		{[]string{"--exec", "server --db {database}"}, exitUsage, "--database"},
		{[]string{"--exec", "sleep 1000", "--replicas", "0"}, exitUsage, "--replicas"},
		{[]string{"--target", "http://127.0.0.1:1/", "--replicas", "2"}, exitUsage, "--exec"},
	} {
		args := append([]string{"run", fixtureDir, "--effects", "listen:127.0.0.1:0", "--journal", filepath.Join(t.TempDir(), "run.jsonl")}, c.args...)
		code, out, errs := hookonce(t, args...)
		if code != c.code || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit %d, %s", c.args, code, errs)
		}
	}
}

// When hookonce is killed, its endpoint goes too, whatever that started.
func TestExecWhenKilled(t *testing.T) {
	prefix, gone := holder(t)
	command := prefix + self(t) + " serve hardened --listen 127.0.0.1:{port} --redis {redis} --effects-url http://{effects}"
	p := start(t, "run", fixtureDir, "--exec", command, "--secret", testSecret, "--effects", "listen:{effects}", "--journal", filepath.Join(t.TempDir(), "run.jsonl"))
	p.await("control:")
	p.signal(syscall.SIGKILL)
	if err := <-gone; err != nil {
		t.Error(err)
	}
}
