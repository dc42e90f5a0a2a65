// Package journal writes a journal while things go on: away from those who have something to record, in batches, and with
// a bound on what waits. It never drops a record, and never decides what happens when the disk is full.
package journal

import (
	"errors"
	"io"
	"sync"
	"time"

	"hookonce/replay"
)

// Delay is how long a record may wait before it is handed to the kernel, where it survives the end of the process: a process
// that is killed loses the records of this time, and the last line may be torn.
const Delay = 20 * time.Millisecond

// The bounds on what waits: whoever records more has to wait until some of it is written.
const (
	maxWaiting      = 32768   // records
	maxWaitingBytes = 4 << 20 // of response bodies and other texts
	batch           = 256     // so many records are written without any delay
)

// ErrClosed is the error of a record that comes after Close.
var ErrClosed = errors.New("the journal is closed")

// Writer writes records in the order in which it is given them. It is safe for concurrent use.
type Writer struct {
	w      io.Writer
	failed func(error)
	tell   func(replay.Record) // nil for nobody

	mu      sync.Mutex
	changed *sync.Cond // something was written, or it failed
	waiting []replay.Record
	bytes   int
	taken   int // records given
	written int // and those of them that are written
	hurry   bool
	closed  bool
	err     error

	wake chan struct{}
	done chan struct{}
}

// NewWriter returns a Writer to w, which Close does not close. failed, if it is not nil, is called once, from a goroutine of its own, if
// writing fails.
func NewWriter(w io.Writer, failed func(error)) *Writer {
	j := &Writer{w: w, failed: failed, wake: make(chan struct{}, 1), done: make(chan struct{})}
	j.changed = sync.NewCond(&j.mu)
	go j.writes()
	return j
}

// Tell has f told each record once it is written, in order, by the goroutine that writes. It must be called before the first record is given.
func (j *Writer) Tell(f func(replay.Record)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.tell = f
}

// Write records r, which must not be changed any more. It waits while too much else does, and returns the error that
// writing failed with, if it did: then nothing is written any more.
func (j *Writer) Write(r replay.Record) error {
	size := textOf(r)
	j.mu.Lock()
	defer j.mu.Unlock()
	for j.err == nil && !j.closed && (len(j.waiting) >= maxWaiting || j.bytes > 0 && j.bytes+size > maxWaitingBytes) {
		j.hurry = true
		j.rouse()
		j.changed.Wait()
	}
	switch {
	case j.err != nil:
		return j.err
	case j.closed:
		return ErrClosed
	}
	j.waiting = append(j.waiting, r)
	j.taken++
	if j.bytes += size; len(j.waiting) == 1 || len(j.waiting) == batch {
		j.rouse()
	}
	return nil
}

// textOf is how much memory a record's texts take, roughly.
func textOf(r replay.Record) int {
	switch {
	case r.Attempt != nil:
		return len(r.Attempt.Body) + len(r.Attempt.Error)
	case r.Body != nil:
		return len(r.Body.Text)
	}
	return 0
}

// Flush waits until everything recorded so far is handed to the kernel.
func (j *Writer) Flush() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for upTo := j.taken; j.err == nil && j.written < upTo; {
		j.hurry = true
		j.rouse()
		j.changed.Wait()
	}
	return j.err
}

// Close flushes, and ends the Writer.
func (j *Writer) Close() error {
	err := j.Flush()
	j.mu.Lock()
	first := !j.closed
	j.closed = true
	j.changed.Broadcast()
	j.mu.Unlock()
	if first {
		close(j.wake)
	}
	<-j.done
	return err
}

// rouse wakes the goroutine that writes.
func (j *Writer) rouse() {
	if j.closed {
		return
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *Writer) writes() {
	defer close(j.done)
	var room buffer
	enc := replay.NewEncoder(&room)
	var spare []replay.Record
	for range j.wake {
		j.gather()
		j.mu.Lock()
		todo, err := j.waiting, j.err
		j.waiting, j.bytes, j.hurry = spare[:0], 0, false
		j.mu.Unlock()
		if err == nil { // else what came meanwhile would stand behind half a line
			err = write(j.w, enc, &room, todo)
		}
		if j.tell != nil && err == nil { // whoever gave a record has seen what was set before
			for _, r := range todo {
				j.tell(r)
			}
		}
		clear(todo)
		spare = todo
		j.mu.Lock()
		j.written += len(todo)
		if err != nil && j.err == nil {
			j.err = err
			if j.failed != nil {
				go j.failed(err)
			}
		}
		j.changed.Broadcast()
		j.mu.Unlock()
	}
}

// gather lets a batch come together, unless somebody waits for it.
func (j *Writer) gather() {
	t := time.NewTimer(Delay)
	defer t.Stop()
	for {
		j.mu.Lock()
		enough := j.hurry || j.closed || len(j.waiting) >= batch
		j.mu.Unlock()
		if enough {
			return
		}
		select {
		case <-t.C:
			return
		case _, open := <-j.wake:
			if !open {
				return
			}
		}
	}
}

// many is from how many records on a second goroutine encodes half of them: a run's first delivery waits for its whole plan to be written.
const many = 1024

func write(w io.Writer, enc *replay.Encoder, room *buffer, records []replay.Record) error {
	if len(records) < many {
		return encode(w, enc, room, records)
	}
	half := len(records) / 2
	var rest buffer
	var err error
	var other sync.WaitGroup
	other.Go(func() {
		e := replay.NewEncoder(&rest)
		for i := half; i < len(records) && err == nil; i++ {
			err = e.Encode(records[i])
		}
	})
	first := encode(w, enc, room, records[:half])
	other.Wait()
	if first != nil {
		return first
	}
	return errors.Join(rest.to(w), err)
}

func encode(w io.Writer, enc *replay.Encoder, room *buffer, records []replay.Record) error {
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			return err
		}
		if len(*room) < 1<<16 {
			continue
		}
		if err := room.to(w); err != nil {
			return err
		}
	}
	return room.to(w)
}

// buffer collects lines.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

func (b *buffer) to(w io.Writer) error {
	_, err := w.Write(*b)
	*b = (*b)[:0]
	return err
}
