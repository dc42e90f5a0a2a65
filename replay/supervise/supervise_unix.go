//go:build unix

package supervise

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

const supported = true

// apart gives the supervisor a process group of its own: an interrupt from the terminal is hookonce's to heed.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// supervisor is the process between hookonce and the endpoint.
type supervisor struct {
	command string
	reports io.Writer
	pid     int // of the endpoint, which is its group's; 0 while there is none
	how     string
}

// Supervise runs a command line under the orders that come on stdin, reports on stdout, and lets the endpoint
// print on stderr. It returns, with nothing of the endpoint left, when stdin ends.
func Supervise(command string) {
	// Caught and not ignored: the endpoint would inherit what is ignored. A caught SIGPIPE lets a report fail
	// when hookonce is gone, and does not end the supervisor.
	runtime.LockOSThread() // the endpoint is to die with this process, and the kernel takes the thread that started it for that
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	reapOrphans()
	takeName()
	orders := make(chan order)
	go func() {
		defer close(orders)
		var b [1]byte
		for {
			if _, err := os.Stdin.Read(b[:]); err != nil {
				return
			}
			orders <- order(b[0])
		}
	}()
	s := &supervisor{command: command, reports: os.Stdout}
	s.start()
	for {
		select {
		case o, ok := <-orders:
			if !ok {
				s.end()
				return
			}
			s.obey(o)
		case <-children:
			s.reap()
		case <-signals:
		}
	}
}

func (s *supervisor) report(word, text string) { fmt.Fprintf(s.reports, "%s %s\n", word, text) }

func (s *supervisor) start() {
	null, err := os.Open(os.DevNull)
	if err != nil {
		s.report(reportFailed, err.Error())
		return
	}
	defer null.Close()
	p, err := os.StartProcess("/bin/sh", []string{"sh", "-c", s.command},
		&os.ProcAttr{Files: []*os.File{null, os.Stderr, os.Stderr}, Sys: childAttributes()})
	if err != nil {
		s.report(reportFailed, err.Error())
		return
	}
	s.pid, s.how = p.Pid, ""
	_ = p.Release() // it is waited for together with all others
	s.report(reportStarted, fmt.Sprint(s.pid))
}

func (s *supervisor) obey(o order) {
	switch o {
	case orderTerm:
		s.signal(syscall.SIGTERM)
	case orderKill:
		s.end()
	case orderPause:
		s.signalAll(syscall.SIGSTOP)
	case orderResume:
		s.signalAll(syscall.SIGCONT)
	case orderRestart:
		if s.pid == 0 {
			s.start()
		}
	}
}

func (s *supervisor) signal(sig syscall.Signal) {
	if s.pid != 0 {
		_ = syscall.Kill(-s.pid, sig) // it may be gone
	}
}

// signalAll reaches what has left the group, too.
func (s *supervisor) signalAll(sig syscall.Signal) {
	s.signal(sig)
	for _, pid := range descendants() {
		_ = syscall.Kill(pid, sig)
	}
}

// reap takes note of what has ended. Once the endpoint itself has, what it leaves behind is of no use.
func (s *supervisor) reap() {
	if s.pid != 0 && s.collect() && s.how != "" {
		s.end()
	}
}

// collect reaps what has ended; false where no child is left.
func (s *supervisor) collect() bool {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			if s.pid != 0 && s.how != "" {
				s.gone()
			}
			return false
		case pid == 0:
			return true
		case pid == s.pid:
			s.how = ending(status)
		}
	}
}

func ending(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "signal " + status.Signal().String()
	}
	return fmt.Sprintf("exit status %d", status.ExitStatus())
}

// reapPause is how long those that were killed have to die before they are looked for again.
const reapPause = time.Millisecond

// end kills all there is, and goes on until nothing is left: what was forked meanwhile, too.
func (s *supervisor) end() {
	for s.pid != 0 {
		s.signalAll(syscall.SIGKILL)
		if !s.collect() {
			return
		}
		time.Sleep(reapPause)
	}
}

func (s *supervisor) gone() {
	_, _ = os.Stderr.Write([]byte{separator}) // where hookonce is gone nobody reads it
	s.report(reportGone, s.how)
	s.pid = 0
}
