package cmd

import (
	"sync"

	"hookonce/replay"
)

// feed hands a run's records on in batches. Whoever puts one never waits for whoever reads.
type feed struct {
	mu      sync.Mutex
	pending []replay.Record
	closed  bool
	wake    chan struct{}
	out     chan []replay.Record
}

// newFeed starts a feed. Its reader must read until it is closed.
func newFeed() *feed {
	f := &feed{wake: make(chan struct{}, 1), out: make(chan []replay.Record)}
	go f.pump()
	return f
}

// Put adds a record.
func (f *feed) Put(r replay.Record) {
	f.mu.Lock()
	f.pending = append(f.pending, r)
	f.mu.Unlock()
	f.signal()
}

// Close ends the feed, after what was put before.
func (f *feed) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	f.signal()
}

func (f *feed) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *feed) pump() {
	defer close(f.out)
	for range f.wake {
		f.mu.Lock()
		batch, closed := f.pending, f.closed
		f.pending = nil
		f.mu.Unlock()
		if len(batch) > 0 {
			f.out <- batch
		}
		if closed {
			return
		}
	}
}
