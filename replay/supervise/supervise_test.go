//go:build unix

package supervise_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hookonce/replay/supervise"
)

// TestMain makes this test binary its own supervisor.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "-supervise" {
		supervise.Supervise(os.Args[2])
		return
	}
	goleak.VerifyTestMain(m)
}

// printed is output that can be waited for.
type printed struct {
	mu   sync.Mutex
	more *sync.Cond
	b    bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.b.Write(b)
	p.more.Broadcast()
	return len(b), nil
}

// await waits until a text was printed n times.
func (p *printed) await(text string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for strings.Count(p.b.String(), text) < n {
		p.more.Wait()
	}
}

func start(t *testing.T, command string, died func(string)) (*supervise.Process, *printed) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out := &printed{}
	out.more = sync.NewCond(&out.mu)
	p, err := supervise.Start(supervise.Spec{Supervisor: []string{self, "-supervise"}, Command: command, Env: os.Environ(), Output: out, Died: died})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, out
}

func TestKilledWithAllItStarted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "held")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(path) // ends when the last process that holds it is gone
		gone <- err
	}()
	p, out := start(t, "exec 9>"+path+"; sleep 1000 & (setsid sleep 1000 &) ; echo up; sleep 1000", nil)
	out.await("up", 1)
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if alive, how := p.Alive(); alive || !strings.Contains(how, "killed") {
		t.Errorf("alive %v, %q", alive, how)
	}
	if err := <-gone; err != nil {
		t.Error(err)
	}
}

// A supervisor that somebody kills leaves nothing of its endpoint either, and its end is told.
func TestSupervisorKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere nobody tells whose a process was")
	}
	path := filepath.Join(t.TempDir(), "held")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() {
		_, err := os.ReadFile(path) // ends when the last process that holds it is gone
		gone <- err
	}()
	died := make(chan string, 1)
	p, out := start(t, "exec 9>"+path+"; (setsid sleep 1000 &) ; sleep 1000 & echo keeper $PPID; sleep 1000", func(how string) { died <- how })
	out.await("\n", 1)
	out.mu.Lock()
	keeper, err := strconv.Atoi(strings.Fields(out.b.String())[1])
	out.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(keeper, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if how := <-died; !strings.Contains(how, "supervisor") {
		t.Errorf("it ended with %q", how)
	}
	if err := <-gone; err != nil {
		t.Error(err)
	}
	if alive, _ := p.Alive(); alive {
		t.Error("it is said to live")
	}
	if err := p.Restart(); err == nil {
		t.Error("it was started again by nobody")
	}
}

func TestStartedAgain(t *testing.T) {
	p, out := start(t, "echo up; sleep 1000", nil)
	for i := range 3 {
		out.await("up", i+1)
		if err := p.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := p.Restart(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStopAsksFirst(t *testing.T) {
	p, out := start(t, "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done", nil)
	out.await("up", 1)
	if err := p.Stop(time.Minute); err != nil {
		t.Fatal(err)
	}
	out.await("bye", 1)
	if _, how := p.Alive(); how != "exit status 0" {
		t.Errorf("it ended with %q", how)
	}
}

// One that is paused, and takes no notice of SIGTERM, is stopped all the same.
func TestStopInsists(t *testing.T) {
	p, out := start(t, "trap '' TERM; echo up; while :; do sleep 0.01; done", nil)
	out.await("up", 1)
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if alive, how := p.Alive(); alive || !strings.Contains(how, "killed") {
		t.Errorf("alive %v, %q", alive, how)
	}
}

func TestEndsByItself(t *testing.T) {
	died := make(chan string, 1)
	_, out := start(t, "echo last words; exit 7", func(how string) { died <- how })
	if how := <-died; how != "exit status 7" {
		t.Errorf("it ended with %q", how)
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	if got := out.b.String(); got != "last words\n" { // heard before its end is
		t.Errorf("it said %q", got)
	}
}

func TestOutputIsBoundedAndMasked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	o := supervise.NewOutput(f, func(s string) string { return strings.ReplaceAll(s, "secret", "***") })
	for _, piece := range []string{"a sec", "ret\r\n", "end"} {
		_, _ = o.Write([]byte(piece))
	}
	for range 3 * supervise.MaxOutput / 1000 {
		_, _ = o.Write([]byte(strings.Repeat("x", 999) + "\n"))
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, []byte("a ***\nendxxx")) || len(b) > supervise.MaxOutput+4096 || len(o.Last()) != 12 {
		t.Errorf("%d bytes, beginning with %.40q; %d last lines", len(b), b, len(o.Last()))
	}
}
