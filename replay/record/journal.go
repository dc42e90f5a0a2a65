package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hookonce/replay"
)

const (
	// maxWaiting bounds the bytes that wait for a disk that takes nothing.
	maxWaiting = 64 << 20
	// syncEvery is how often the disk is told to keep what was written.
	syncEvery = time.Second
	// retryFirst and retryMost are the pauses after a write that failed.
	retryFirst, retryMost = 100 * time.Millisecond, 5 * time.Second
)

// Entry is a webhook as it is written down, and what it was recognised as.
type Entry struct {
	replay.Recorded
	Key, Type string
}

// pending is an entry on its way to the disk.
type pending struct {
	Entry
	done    chan bool // told once, whether it is written
	once    sync.Once
	written bool
}

// wait waits until the entry is written, and says whether it is. It does not wait for a disk that fails or hangs.
func (p *pending) wait() bool {
	p.once.Do(func() {
		timer := time.NewTimer(writeWait)
		defer timer.Stop()
		select {
		case p.written = <-p.done:
		case <-timer.C:
		}
	})
	return p.written
}

// File is what a journal writes to.
type File interface {
	io.WriteCloser
	Sync() error
}

// Journal writes webhooks to JSON Lines files, in order. Where a write fails it goes on in a new file, so
// that only a file's last line can be incomplete, and tries until it succeeds.
type Journal struct {
	// Open opens the n-th file, from 1.
	open func(n int) (File, error)
	// prepare makes the line of an entry; it may fill in what the entry was recognised as.
	prepare func(*Entry) []byte
	say     func(format string, a ...any)

	mu      sync.Mutex
	queue   []*pending
	waiting int // bytes of bodies in the queue
	failing bool
	closed  bool
	wake    chan struct{}
	done    chan struct{}
	stop    chan struct{} // closed when the journal is being closed
	files   int
	stats   JournalStats
}

// JournalStats count what a journal did.
type JournalStats struct {
	Written int
	// Lost is how many were forwarded but not recorded: there was no room left for them to wait in.
	Lost     int
	Failures int // writes that failed
}

// InFolder opens files named after the time in a folder, and never one that is there already.
func InFolder(dir string, now time.Time) func(n int) (File, error) {
	return func(n int) (File, error) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		name := now.UTC().Format("recorded-20060102T150405")
		return os.OpenFile(filepath.Join(dir, fmt.Sprintf("%s-%d.jsonl", name, n)), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, 0o600)
	}
}

// NewJournal opens the first file and begins to write.
func NewJournal(open func(n int) (File, error), prepare func(*Entry) []byte, say func(string, ...any)) (*Journal, error) {
	j := &Journal{open: open, prepare: prepare, say: say, wake: make(chan struct{}, 1), done: make(chan struct{}), stop: make(chan struct{})}
	f, err := j.next()
	if err != nil {
		return nil, err
	}
	go j.run(f)
	return j, nil
}

// next opens the next file, past those of an earlier recorder.
func (j *Journal) next() (File, error) {
	for {
		j.files++
		f, err := j.open(j.files)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
}

// add hands an entry over. It never blocks.
func (j *Journal) add(p *pending) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.waiting+len(p.Body) > maxWaiting || j.closed {
		j.stats.Lost++
		p.done <- false
		return
	}
	j.waiting += len(p.Body)
	j.queue = append(j.queue, p)
	if j.failing {
		p.done <- false // its answer must not wait for a disk that fails
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// run writes what is handed over until the journal is closed.
func (j *Journal) run(f File) {
	defer close(j.done)
	w := writer{j: j, f: f}
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		batch, closed := j.take()
		switch {
		case len(batch) > 0:
			w.write(batch)
			continue
		case closed:
			w.close()
			return
		}
		select {
		case <-j.wake:
		case <-j.stop:
		case <-tick.C:
			w.sync()
		}
	}
}

// take takes over everything that waits.
func (j *Journal) take() ([]*pending, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	batch := j.queue
	j.queue = nil
	return batch, j.closed
}

// Close writes what waits, as far as the disk takes it, and says what was done.
func (j *Journal) Close() JournalStats {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.stop)
	}
	j.mu.Unlock()
	<-j.done
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.stats
}

// Line is an entry as it stands in a recording.
func Line(r replay.Recorded) []byte {
	line, err := json.Marshal(r)
	if err != nil { // strings, times and bytes always encode; a year beyond 9999 does not
		return nil
	}
	return append(line, '\n')
}
