package cmd

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a hookonce of its own: signals and exit codes are those of a real process.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout lockedBuffer
	said   lockedBuffer // all of stderr so far
	lines  chan string
}

// deadline is far beyond what any step of these tests takes.
const deadline = 2 * time.Minute

// start runs hookonce as a process: this test binary is one when it is called so (see TestMain).
func start(t *testing.T, args ...string) *process {
	t.Helper()
	return startWith(t, nil, args...)
}

// startWith is start with more in the environment.
func startWith(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test's own context ends before its cleanups run, which end processes in good order.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), deadline)
	p := &process{t: t, lines: make(chan string, 1000)}
	p.cmd = exec.CommandContext(ctx, self)
	p.cmd.Args = append([]string{"hookonce"}, args...)
	p.cmd.Env = append(os.Environ(), "FIXTURES="+fixtureDir, "CI=true")
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout = &p.stdout
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = p.cmd.Wait() })
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(stderr); s.Scan(); {
			_, _ = p.said.Write([]byte(s.Text() + "\n"))
			p.lines <- s.Text()
		}
	}()
	return p
}

// await waits for a line of stderr.
func (p *process) await(text string) {
	p.t.Helper()
	for line := range p.lines {
		if strings.Contains(line, text) {
			return
		}
	}
	p.t.Fatalf("it ended without saying %q:\n%s\n%s", text, p.said.String(), p.stdout.String())
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code; -1 where a signal ended it.
func (p *process) exit() int {
	p.t.Helper()
	for range p.lines { // all of stderr, before Wait closes it
	}
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}
