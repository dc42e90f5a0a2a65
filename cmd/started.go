package cmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"hookonce/replay/supervise"
)

// start starts the replicas, whose output goes into files beside the journal. A replica that ends by itself makes died hear of it.
func (e *started) start(journal string, died func(replica int, how string)) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("--exec: %w", err)
	}
	e.mu.Lock()
	e.died, e.ending = died, false
	e.mu.Unlock()
	for i := range e.ports {
		command, err := e.command(i)
		if err != nil {
			return err
		}
		out, err := e.log(journal, i)
		if err != nil {
			return fmt.Errorf("--exec: %w", err)
		}
		p, err := supervise.Start(supervise.Spec{Supervisor: []string{self, superviseName, "--"}, Command: command, Env: e.environment(i), Output: out,
			Died: func(how string) { e.ended(i, how) }})
		if errors.Is(err, supervise.ErrUnsupported) {
			return usagef("--exec: %w", err)
		}
		if err != nil {
			return fmt.Errorf("--exec: %w", err)
		}
		e.mu.Lock()
		e.replicas = append(e.replicas, p)
		e.mu.Unlock()
	}
	return nil
}

// log makes the file for a replica's output, beside the journal.
func (e *started) log(journal string, replica int) (*supervise.Output, error) {
	path := fmt.Sprintf("%s.replica%d.log", strings.TrimSuffix(journal, filepath.Ext(journal)), replica+1)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	out := supervise.NewOutput(file, e.mask)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.outputs, e.logs = append(e.outputs, out), append(e.logs, path)
	return out, nil
}

// mask takes secrets, and what else the terminal should not see, out of what the endpoint prints.
func (e *started) mask(line string) string { return e.hidden.Text(line) }

// ended tells that a replica ended without being asked to, and what it said last.
func (e *started) ended(replica int, how string) {
	e.mu.Lock()
	ending := e.ending
	var last []string
	path := ""
	if !ending {
		last, path = e.outputs[replica].Last(), e.logs[replica]
	}
	e.mu.Unlock()
	if ending {
		return
	}
	e.say("replica %d of the endpoint ended by itself: %s; its last words (all of them in %s):", replica+1, how, path)
	for _, line := range last {
		e.say("  %s", safe(line))
	}
	e.died(replica, how)
}

// replica is one of the replicas, from 0; nil where it never started.
func (e *started) replica(i int) *supervise.Process {
	e.mu.Lock()
	defer e.mu.Unlock()
	if i >= len(e.replicas) {
		return nil
	}
	return e.replicas[i]
}

// stop ends all replicas, and returns when nothing of them is left.
func (e *started) stop() {
	e.mu.Lock()
	e.ending = true
	replicas := e.replicas
	e.mu.Unlock()
	var all sync.WaitGroup
	for _, p := range replicas {
		all.Go(func() {
			_ = p.Stop(stopGrace) // what it leaves Close ends
			p.Close()
		})
	}
	all.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, o := range e.outputs {
		if o.Close() == nil && o.Empty() {
			_ = os.Remove(e.logs[i]) // it is of no use, and does no harm
		}
	}
	e.outputs, e.replicas, e.logs = nil, nil, nil
}
