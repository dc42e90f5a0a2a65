package observe

import (
	"context"
	"sync"
	"time"

	"hookonce/replay"
)

// Direct is a source inside this process: a built-in handler tells it its effects as it commits them.
type Direct struct {
	outlet
	order  sync.Mutex // keeps what came before Open ahead of what comes after
	opened bool
	early  []replay.Effect // told before Open
}

var _ Source = (*Direct)(nil)

// NewDirect returns a source under the label. Its methods are safe for concurrent use.
func NewDirect(label string) *Direct {
	return &Direct{outlet: outlet{info: replay.SourceInfo{Label: label, Exact: true, Committed: true}, spec: label}}
}

// Add tells one effect under a key. The name tells effects apart and may be empty.
func (d *Direct) Add(name, key string) { d.tell(replay.Effect{Name: name, Key: key, Count: 1}) }

// State tells that a subject now has a version, or is gone.
func (d *Direct) State(subject, version string, deleted bool) {
	d.tell(replay.Effect{Subject: subject, Version: version, Deleted: deleted})
}

func (d *Direct) tell(e replay.Effect) {
	d.order.Lock()
	defer d.order.Unlock()
	if !d.opened {
		d.early = append(d.early, e)
		return
	}
	d.sendNow(e)
}

// Open begins to pass on what is told. What was told before is emitted, marked Earlier.
func (d *Direct) Open(_ context.Context, base time.Time, emit func(replay.Effect)) error {
	d.order.Lock()
	defer d.order.Unlock()
	d.start(base, emit)
	d.opened = true
	for _, e := range d.early {
		e.Earlier = true
		d.sendNow(e)
	}
	d.early = nil
	return nil
}

// Poll has nothing to read.
func (d *Direct) Poll(context.Context) error { return nil }

// Close ends observing: what is told afterwards is dropped.
func (d *Direct) Close() error {
	d.stop()
	return nil
}
