package observe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hookonce/replay"
)

// reader reads a source as a whole. It is all that a new kind of polled source has to add.
type reader interface {
	read(ctx context.Context) (*snapshot, error)
	close() error
}

// polled is a source that is read as a whole, again and again.
type polled struct {
	outlet
	reader
	timeout time.Duration
	hosts   []string // that it connects to
	last    *snapshot
	// began is the start of the last reading that succeeded: what that reading did not show was committed later.
	began time.Duration
}

var _ Source = (*polled)(nil)

func newPolled(s spec, r reader, o Options, hosts ...string) *polled {
	return &polled{
		outlet:  outlet{info: replay.SourceInfo{Label: s.label}, known: o.Known, spec: s.whole()},
		reader:  r,
		timeout: o.Timeout,
		hosts:   hosts,
		last:    newSnapshot(0),
	}
}

// Open takes the first snapshot: what was there before.
func (p *polled) Open(ctx context.Context, base time.Time, emit func(replay.Effect)) error {
	p.last, p.began = newSnapshot(0), 0
	p.start(base, emit)
	if err := p.poll(ctx, true); err != nil {
		p.stop()
		return err
	}
	return nil
}

// Poll takes a snapshot and emits how it differs from the one before.
func (p *polled) Poll(ctx context.Context) error { return p.poll(ctx, false) }

func (p *polled) poll(ctx context.Context, earlier bool) error {
	start := p.now()
	now, err := p.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("effect source %s: %w", p.label(), err)
	}
	end := p.now()
	p.describe(now)
	for _, e := range now.since(p.last) {
		e.At, e.Since, e.Earlier = end, p.began, earlier
		p.send(e)
	}
	p.last, p.began = now, start
	return nil
}

func (p *polled) snapshot(ctx context.Context) (*snapshot, error) {
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	s, err := p.read(bounded)
	if err != nil && ctx.Err() == nil && errors.Is(bounded.Err(), context.DeadlineExceeded) {
		return nil, fmt.Errorf("not done within %s", p.timeout)
	}
	return s, err
}

// describe keeps what the snapshot taught: a source tells commits, not samples, as long as every state came with its history.
func (p *polled) describe(s *snapshot) {
	p.learn(func(info *replay.SourceInfo) {
		known := info.States
		info.Counts = info.Counts || len(s.tallies) > 0
		info.States = info.States || len(s.lines) > 0
		if len(s.lines) > 0 {
			info.Committed = !s.sampled && (info.Committed || !known)
		}
	})
}

// total says how many effects are under no id: rows that were written without one, or a query that asks for the wrong column.
func (p *polled) total() string {
	if p.last.blank == 0 {
		return ""
	}
	return fmt.Sprintf("it shows %d under an empty id (NULL, or nothing): counted, but under no event", p.last.blank)
}

// Close ends observing.
func (p *polled) Close() error {
	p.stop()
	return p.close()
}
