//go:build unix

package cmd

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// binary is a hookonce as a user has it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "hookonce-binary-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hookonce")
	out, err := exec.Command("go", "build", "-o", path, "hookonce").CombinedOutput()
	if err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

// terminalPatience is when a test of a real terminal gives up. What it waits for comes much sooner.
const terminalPatience = 2 * time.Minute

// terminal is a program in a pseudo terminal, and somebody who reads it.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	screen *os.File
	answer bool // the terminal's own answers to questions

	mu   sync.Mutex
	seen bytes.Buffer
	more chan struct{}
	done chan struct{}
}

func openTerminal(t *testing.T, answer bool, args ...string) *terminal {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), terminalPatience)
	t.Cleanup(cancel)
	c := &terminal{t: t, cmd: exec.CommandContext(ctx, path, args...), answer: answer, more: make(chan struct{}, 1), done: make(chan struct{})}
	c.cmd.Dir = t.TempDir()
	for _, e := range os.Environ() {
		if name, _, _ := strings.Cut(e, "="); name != "CI" && name != "TERM" && name != "NO_COLOR" && name != "TMUX" {
			c.cmd.Env = append(c.cmd.Env, e)
		}
	}
	c.cmd.Env = append(c.cmd.Env, "TERM=xterm-256color")
	if c.screen, err = pty.StartWithSize(c.cmd, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	go c.read()
	return c
}

// read collects what the program writes, until it ends.
func (c *terminal) read() {
	defer close(c.done)
	buf := make([]byte, 1<<16)
	for {
		n, err := c.screen.Read(buf)
		c.mu.Lock()
		c.seen.Write(buf[:n])
		c.mu.Unlock()
		if c.answer && bytes.Contains(buf[:n], []byte("\x1b]11;?")) {
			_, _ = c.screen.WriteString("\x1b]11;rgb:0000/0000/0000\x1b\\")
		}
		if c.answer && bytes.Contains(buf[:n], []byte("\x1b[6n")) {
			_, _ = c.screen.WriteString("\x1b[1;1R")
		}
		select {
		case c.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// escapes are the sequences between the texts of a screen.
var escapes = regexp.MustCompile(`\x1b(\[[0-9;?]*[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\))`)

func (c *terminal) text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return escapes.ReplaceAllString(c.seen.String(), "")
}

// waitFor waits until a text was written since the last call.
func (c *terminal) waitFor(want string) {
	c.t.Helper()
	for !strings.Contains(c.text(), want) {
		select {
		case <-c.more:
		case <-c.done:
			if !strings.Contains(c.text(), want) {
				c.t.Fatalf("it ended without %q:\n%s", want, c.text())
			}
		}
	}
	c.mu.Lock()
	c.seen.Reset()
	c.mu.Unlock()
}

func (c *terminal) types(keys string) {
	c.t.Helper()
	if _, err := c.screen.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// ends waits for the end and returns the exit code and what was written since waitFor.
func (c *terminal) ends() (int, string) {
	err := c.cmd.Wait()
	<-c.done
	_ = c.screen.Close()
	if err != nil && c.cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	return c.cmd.ProcessState.ExitCode(), c.text()
}

func (c *terminal) glob(pattern string) []string {
	files, err := filepath.Glob(filepath.Join(c.cmd.Dir, ".hookonce", pattern))
	if err != nil {
		c.t.Fatal(err)
	}
	return files
}

// Start, filter, open the finding, save the report, quit: the exit code is that of the run, and the report stays on the terminal.
func TestScreenEndToEnd(t *testing.T) {
	c := openTerminal(t, true, "demo", "--only", "charge.succeeded", "--bursts", "1")
	c.waitFor("right: target")
	c.types("/double-proc")
	c.waitFor("match “double-proc”")
	c.types("\r\r")
	c.waitFor("reproduce")
	c.types("s")
	c.waitFor("saved .hookonce/")
	c.types("q")
	code, after := c.ends()
	if code != exitViolations {
		t.Errorf("exit code %d, want %d", code, exitViolations)
	}
	for _, want := range []string{"FAIL", "processed more than once", "journal: .hookonce/"} {
		if !strings.Contains(after, want) {
			t.Errorf("after the screen the terminal lacks %q:\n%s", want, after)
		}
	}
	if saved := c.glob("*.html"); len(saved) != 1 {
		t.Errorf("saved reports: %v", saved)
	}

	journal := c.glob("*.jsonl")[0]
	again := openTerminal(t, true, "report", journal)
	again.waitFor("right: target")
	again.types("?")
	again.waitFor("Look around")
	again.types("q")
	if code, _ := again.ends(); code != exitPass {
		t.Errorf("report: exit code %d, want %d", code, exitPass)
	}
}

// Leaving a run that goes on stops it, keeps the journal, and claims nothing it does not know.
func TestScreenLeftEarly(t *testing.T) {
	c := openTerminal(t, true, "demo", "hardened")
	c.waitFor("acked")
	c.types("q")
	code, after := c.ends()
	if code != exitInconclusive || !strings.Contains(after, "stopped on the screen") {
		t.Errorf("exit code %d, want %d:\n%s", code, exitInconclusive, after)
	}
	if len(c.glob("*.jsonl")) != 1 {
		t.Error("there is no journal")
	}
}

// A terminal is asked nothing before a screen is opened: this one never answers, and would be waited for.
func TestNoQuestionsWithoutScreen(t *testing.T) {
	for _, x := range []struct {
		args []string
		code int
	}{
		{[]string{"--help"}, exitPass}, {[]string{"version"}, exitPass}, {[]string{"run"}, exitUsage},
		{[]string{"demo", "hardened", "--only", "charge.succeeded", "--faults", "duplicate", "--tui", "never"}, exitPass},
	} {
		c := openTerminal(t, false, x.args...)
		code, _ := c.ends()
		c.mu.Lock()
		asked := regexp.MustCompile(`\x1b(\][0-9]+;\?|\[6n|\[c|\[>|P)`).Find(c.seen.Bytes())
		c.mu.Unlock()
		if asked != nil || code != x.code {
			t.Errorf("%v: it asks the terminal %q, exit code %d", x.args, asked, code)
		}
	}
}

// --tui always without a terminal is a mistake that is told.
func TestScreenNeedsTerminal(t *testing.T) {
	for _, mode := range []string{"always", "sometimes"} {
		if code, _, stderr := hookonce(t, "demo", "--tui", mode); code != exitUsage || !strings.Contains(stderr, "--tui "+mode) {
			t.Errorf("--tui %s: exit code %d, %s", mode, code, stderr)
		}
	}
}
