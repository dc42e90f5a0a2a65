package supervise

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// ErrUnsupported is returned by Start where the system has no process groups (Windows).
var ErrUnsupported = errors.New("hookonce cannot start an endpoint on this system: start it yourself and give --target")

// ErrGone is returned for an endpoint, or a supervisor, that is not there any more.
var ErrGone = errors.New("the process has ended")

// markName is the name of a variable by which an endpoint's processes are known, should their supervisor be killed.
const markName = "HOOKONCE_KEEPER"

// patience is how long the supervisor may take to carry an order out. It takes milliseconds.
const patience = 10 * time.Second

// Spec says what to start.
type Spec struct {
	// Supervisor is the command that calls Supervise with the arguments that follow its own: a path, and arguments.
	Supervisor []string
	// Command is the endpoint's command line, for the shell.
	Command string
	// Env is the whole environment, as name=value.
	Env []string
	// Output takes what the endpoint prints, both streams. It must not block for long.
	Output io.Writer
	// Died is called from a goroutine of its own when the endpoint ended by itself, with how; nil for nobody.
	Died func(how string)
}

// Process is an endpoint under its supervisor. Its methods may be called from any goroutine, one at a time.
type Process struct {
	spec    Spec
	cmd     *exec.Cmd
	orders  io.WriteCloser
	reports chan [2]string
	readers sync.WaitGroup
	printed chan struct{} // all that an endpoint printed which is gone has been passed on
	closed  chan struct{} // nothing will be printed any more

	turn  sync.Mutex // one order at a time
	state sync.Mutex
	alive bool
	asked bool // its end was asked for
	how   string

	mark    string // stands in the environment of whatever the endpoint starts
	closing bool
}

// Start starts the endpoint; it is then running, and not yet ready for anything.
func Start(s Spec) (*Process, error) {
	if !supported {
		return nil, ErrUnsupported
	}
	p := &Process{spec: s, reports: make(chan [2]string, 16), printed: make(chan struct{}, 1), closed: make(chan struct{}), mark: markName + "=" + rand.Text()}
	args := append(s.Supervisor[1:len(s.Supervisor):len(s.Supervisor)], s.Command)
	p.cmd = exec.Command(s.Supervisor[0], args...)
	p.cmd.Args[0] = "hookonce"
	p.cmd.Env = append(s.Env[:len(s.Env):len(s.Env)], p.mark)
	apart(p.cmd)
	var err error
	if p.orders, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	reports, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	output, err := p.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("supervisor: %w", err)
	}
	p.readers.Go(func() { p.pass(output) })
	p.readers.Go(func() { p.listen(reports) })
	if err := p.await(reportStarted); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// pass passes on what the endpoint prints, without the separators. What cannot be written is lost, not the run.
func (p *Process) pass(r io.Reader) {
	defer close(p.closed)
	b := make([]byte, 32<<10)
	for {
		n, err := r.Read(b)
		for rest, more := b[:n], true; more; {
			var piece []byte
			piece, rest, more = bytes.Cut(rest, []byte{separator})
			_, _ = p.spec.Output.Write(piece)
			if more {
				select {
				case p.printed <- struct{}{}:
				default:
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// listen takes the supervisor's reports. That the endpoint is gone is heard after its last words.
func (p *Process) listen(r io.Reader) {
	defer close(p.reports)
	for lines := bufio.NewScanner(r); lines.Scan(); {
		word, text, _ := strings.Cut(lines.Text(), " ")
		if word == reportGone {
			select {
			case <-p.printed:
			case <-p.closed:
			}
		}
		p.state.Lock()
		p.alive, p.how = word == reportStarted, text
		byItself := word == reportGone && !p.asked
		p.state.Unlock()
		if byItself {
			if p.spec.Died != nil {
				go p.spec.Died(text)
			}
			continue
		}
		p.reports <- [2]string{word, text}
	}
	p.bereaved()
}

// bereaved ends what a supervisor left behind that somebody killed. The endpoint's own process died with it.
func (p *Process) bereaved() {
	p.state.Lock()
	closing, alive, asked := p.closing, p.alive, p.asked
	if !closing && alive {
		p.alive, p.how = false, "its supervisor was killed"
	}
	p.state.Unlock()
	if closing {
		return
	}
	sweep(p.mark)
	if alive && !asked && p.spec.Died != nil {
		go p.spec.Died("its supervisor was killed")
	}
}

// await waits for a report.
func (p *Process) await(word string) error {
	t := time.NewTimer(patience)
	defer t.Stop()
	for {
		select {
		case r, ok := <-p.reports:
			switch {
			case !ok:
				return ErrGone
			case r[0] == word:
				return nil
			case r[0] == reportFailed:
				return errors.New(r[1])
			}
		case <-t.C:
			return fmt.Errorf("the supervisor did not report %q within %s", word, patience)
		}
	}
}

func (p *Process) send(o order) error {
	if _, err := p.orders.Write([]byte{byte(o)}); err != nil {
		return ErrGone
	}
	return nil
}

// expectEnd notes that the end is wanted; false where the endpoint is gone already.
func (p *Process) expectEnd() bool {
	p.state.Lock()
	defer p.state.Unlock()
	p.asked = true
	return p.alive
}

// Kill ends everything the endpoint started at once, as kill -9 does, and returns when nothing of it is left.
func (p *Process) Kill() error {
	p.turn.Lock()
	defer p.turn.Unlock()
	return p.kill()
}

func (p *Process) kill() error {
	if !p.expectEnd() {
		return nil
	}
	if err := p.send(orderKill); err != nil {
		return err
	}
	return p.await(reportGone)
}

// Restart starts an endpoint that is gone again.
func (p *Process) Restart() error {
	p.turn.Lock()
	defer p.turn.Unlock()
	p.state.Lock()
	alive := p.alive
	p.asked = false
	p.state.Unlock()
	if alive {
		return nil
	}
	if err := p.send(orderRestart); err != nil {
		return err
	}
	return p.await(reportStarted)
}

// Pause stops all of the endpoint where it stands, until Resume.
func (p *Process) Pause() error { return p.ordered(orderPause) }

// Resume lets a paused endpoint go on.
func (p *Process) Resume() error { return p.ordered(orderResume) }

func (p *Process) ordered(o order) error {
	p.turn.Lock()
	defer p.turn.Unlock()
	return p.send(o)
}

// Stop asks the endpoint to end, with SIGTERM, and kills what is left of it after grace.
func (p *Process) Stop(grace time.Duration) error {
	p.turn.Lock()
	defer p.turn.Unlock()
	if !p.expectEnd() {
		return nil
	}
	if err := errors.Join(p.send(orderResume), p.send(orderTerm)); err != nil {
		return err
	}
	t := time.NewTimer(grace)
	defer t.Stop()
	select {
	case <-p.reports: // gone: nothing else was asked for
		return nil
	case <-t.C:
		return p.kill()
	}
}

// Alive says whether the endpoint runs, and how it ended if not.
func (p *Process) Alive() (alive bool, how string) {
	p.state.Lock()
	defer p.state.Unlock()
	return p.alive, p.how
}

// Close kills what is left, ends the supervisor, and returns when both are gone and all output is written.
func (p *Process) Close() {
	p.state.Lock()
	p.asked, p.closing = true, true
	p.state.Unlock()
	_ = p.orders.Close() // which ends the supervisor
	go func() {
		for range p.reports { // nobody waits for these
		}
	}()
	p.readers.Wait()
	if p.cmd.Wait() != nil { // it was told to end, and did not come to it
		sweep(p.mark)
	}
}
