package cmd

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"

	"hookonce/replay"
)

// redrawEvery is how often the progress line is drawn again.
const redrawEvery = 100 * time.Millisecond

// progress tells on stderr how a run goes: a line that redraws itself where
// somebody looks, one line per phase where not.
type progress struct {
	s *Streams

	mu        sync.Mutex
	phase     string
	total     int
	sent      int
	acked     int
	refused   int
	unknown   int
	effects   int
	shown     bool
	lastDrawn time.Time
	held      bool
	kept      bytes.Buffer // what is told while it is held
}

func newProgress(s *Streams) *progress { return &progress{s: s} }

// Say prints a line.
func (p *progress) Say(format string, a ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintf(p.out(), "%s\n", safe(fmt.Sprintf(format, a...)))
}

// Hold keeps what is told, because something else has the terminal.
func (p *progress) Hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.held = true
}

// LetGo tells what was kept.
func (p *progress) LetGo() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
	_, _ = p.kept.WriteTo(p.s.Err) // progress that cannot be told is lost
}

// Write passes on what a command prints.
func (p *progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	return p.out().Write(b)
}

func (p *progress) out() io.Writer {
	if p.held {
		return &p.kept
	}
	return p.s.Err
}

// Phase begins a phase.
func (p *progress) Phase(phase replay.Phase, plan replay.Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase, p.total = phaseText[phase], len(plan.Deliveries)
	if p.held {
		return
	}
	if p.s.Lively() {
		p.draw(true)
		return
	}
	n := 0
	for _, d := range plan.Deliveries {
		if d.Phase == phase {
			n++
		}
	}
	fmt.Fprintf(p.s.Err, "%s: up to %d deliveries\n", p.phase, n)
}

var phaseText = map[replay.Phase]string{
	replay.PhaseControl:  "control: learning what normal is",
	replay.PhaseFault:    "faults",
	replay.PhaseProcess:  "one by one: what needs the endpoint to itself",
	replay.PhaseTail:     "fault-free tail: redelivering what is unacknowledged",
	replay.PhaseFresh:    "what the late duplicates will repeat",
	replay.PhaseLate:     "late duplicates",
	replay.PhaseSentinel: "sentinel: one clean event of each type",
}

// Attempt counts an attempt.
func (p *progress) Attempt(a replay.Attempt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent++
	switch a.Outcome {
	case replay.Acked:
		p.acked++
	case replay.Refused:
		p.refused++
	case replay.Unknown:
		p.unknown++
	}
	p.draw(false)
}

// Planned counts deliveries that were not in the plan.
func (p *progress) Planned(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.total += n
}

// Loading tells that traffic is sent; asked says how much.
func (p *progress) Loading(asked string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = "load: " + asked
	p.draw(true)
	if !p.s.Lively() && !p.held {
		fmt.Fprintln(p.s.Err, p.phase)
	}
}

// Tick tells how far the traffic is, where no line redraws itself.
func (p *progress) Tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.s.Lively() && !p.held {
		fmt.Fprintf(p.s.Err, "  %d sent, %d acked, %d refused, %d unknown, %d effects\n", p.sent, p.acked, p.refused, p.unknown, p.effects)
	}
}

// Effect counts an effect.
func (p *progress) Effect() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.effects++
	p.draw(false)
}

// Settling tells that effects are waited for.
func (p *progress) Settling(quiet time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = fmt.Sprintf("waiting for effects to stay away for %s", quiet.Round(time.Millisecond))
	p.draw(true)
}

// Referencing tells that the reference runs.
func (p *progress) Referencing(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = "running the same plan through the " + name + " reference"
	p.draw(true)
	if !p.s.Lively() && !p.held {
		fmt.Fprintln(p.s.Err, p.phase)
	}
}

// Done takes the line away.
func (p *progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.s.Err, "\r\x1b[K")
		p.shown = false
	}
}

func (p *progress) draw(now bool) {
	if p.held || !p.s.Lively() || !now && time.Since(p.lastDrawn) < redrawEvery {
		return
	}
	p.lastDrawn, p.shown = time.Now(), true
	line := fmt.Sprintf("%d/%d  %d acked %d refused %d unknown  %d effects  %s",
		p.sent, p.total, p.acked, p.refused, p.unknown, p.effects, p.phase)
	// A line that wraps could not be taken back.
	fmt.Fprintf(p.s.Err, "\r\x1b[K%.78s", line)
}
