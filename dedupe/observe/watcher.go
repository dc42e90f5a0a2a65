package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hookonce/replay"
)

const (
	// DefaultInterval is the time between two readings of a source that is quick to read.
	DefaultInterval = 50 * time.Millisecond
	// idleFactor is how much longer a source is left alone than its reading took: reading takes a tenth of the time.
	idleFactor = 9
	// maxRetry is the longest wait before a source that failed is read again.
	maxRetry = 5 * time.Second
)

// Watcher observes several sources at once. It passes their effects on serially,
// and reads them in the background at a pace that does not disturb the endpoint.
type Watcher struct {
	// OpenWithin is how long Start waits for a source to come up, as an endpoint that is being started does; 0 tries once.
	OpenWithin time.Duration

	base     time.Time
	sources  []*watched
	interval time.Duration
	settling atomic.Int32 // Settle reads by itself; the background then rests
	halt     context.CancelFunc
	loops    sync.WaitGroup

	mu     sync.Mutex // held while emit or mark runs
	emit   func(replay.Effect)
	mark   func(replay.Mark)
	closed bool
	fresh  int           // effects passed on that were not there before the run
	latest time.Duration // when the last of them was passed on

	closing sync.Once
}

// watched is a source and what the watcher remembers of it.
type watched struct {
	Source
	turn    chan struct{} // full while the source is read
	took    time.Duration // by the last reading
	failing bool
	told    int // notes passed on
}

// noter is a source that has something to say beside its effects. It returns all it ever had to say.
type noter interface{ notes() []string }

// totaller is a source that has a number to tell, which is known once the source is closed; empty for nothing.
type totaller interface{ total() string }

// New returns a Watcher of sources. Effects go to emit; a source that cannot be read, once per
// outage, and remarks about a source go to mark. Both are called by one goroutine at
// a time and must not call the Watcher.
func New(sources []Source, base time.Time, emit func(replay.Effect), mark func(replay.Mark)) *Watcher {
	w := &Watcher{base: base, interval: DefaultInterval, emit: emit, mark: mark, halt: func() {}}
	for _, s := range sources {
		w.sources = append(w.sources, &watched{Source: s, turn: make(chan struct{}, 1)})
	}
	w.number()
	return w
}

// Sources describes the sources, in the order given.
func (w *Watcher) Sources() []replay.SourceInfo {
	var all []replay.SourceInfo
	for _, s := range w.sources {
		all = append(all, s.Info())
	}
	return all
}

// Start opens the sources and begins to read them in the background, at most once
// per interval (0 means DefaultInterval). If one cannot be opened, none stays open. When ctx
// ends, the background ends with it; PollNow and Settle still work, and Close is still due.
func (w *Watcher) Start(ctx context.Context, interval time.Duration) error {
	if interval > 0 {
		w.interval = interval
	}
	if err := w.distinct(); err != nil {
		return err
	}
	for i, s := range w.sources {
		start := w.now()
		if err := w.open(ctx, s); err != nil {
			return errors.Join(err, closeAll(w.sources[:i]))
		}
		w.outcome(s, nil, w.now()-start)
		w.passNotes(s)
	}
	ctx, w.halt = context.WithCancel(ctx)
	for _, s := range w.sources {
		w.loops.Go(func() { w.loop(ctx, s) })
	}
	return nil
}

// openEvery is how long a source that is not up yet is left alone.
const openEvery = 100 * time.Millisecond

// open opens a source, again and again within OpenWithin.
func (w *Watcher) open(ctx context.Context, s Source) error {
	for until := w.now() + w.OpenWithin; ; {
		err := s.Open(ctx, w.base, w.pass)
		if err == nil || w.now()+openEvery > until || !sleep(ctx, openEvery) {
			return err
		}
	}
}

// alike is a source whose label may be another's too.
type alike interface {
	identity() string
	rename(label string)
}

// number tells sources of one label apart: an effect names its source by the label.
func (w *Watcher) number() {
	taken := map[string]bool{}
	for _, s := range w.sources {
		plain := s.Info().Label
		label := plain
		for n := 2; taken[label]; n++ {
			label = fmt.Sprintf("%s (%d)", plain, n)
		}
		taken[label] = true
		if a, ok := s.Source.(alike); ok && label != plain {
			a.rename(label)
		}
	}
}

// distinct refuses one source given twice: each of its effects would count twice.
func (w *Watcher) distinct() error {
	labels := map[string]string{}
	for _, s := range w.sources {
		a, ok := s.Source.(alike)
		if !ok {
			continue
		}
		if label, given := labels[a.identity()]; given {
			return fmt.Errorf("%w %s: given twice", ErrSpec, label)
		}
		labels[a.identity()] = s.Info().Label
	}
	return nil
}

// PollNow reads all sources at once, whatever the background does, and returns when
// their effects were passed on. An error names every source that could not be read.
func (w *Watcher) PollNow(ctx context.Context) error {
	errs := make([]error, len(w.sources))
	var polls sync.WaitGroup
	for i, s := range w.sources {
		polls.Go(func() { errs[i] = w.poll(ctx, s) })
	}
	polls.Wait()
	return errors.Join(errs...)
}

// Close ends observing: no effect is passed on after it returned, and the last remarks are. A second call does nothing.
func (w *Watcher) Close() (err error) {
	w.closing.Do(func() {
		w.halt()
		w.loops.Wait()
		err = closeAll(w.sources)
		for _, s := range w.sources {
			w.passNotes(s)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.tellTotals()
		w.closed = true
	})
	return err
}

func closeAll(sources []*watched) error {
	var errs []error
	for _, s := range sources {
		s.turn <- struct{}{}
		errs = append(errs, s.Close())
		<-s.turn
	}
	return errors.Join(errs...)
}

// loop reads one source until ctx ends.
func (w *Watcher) loop(ctx context.Context, s *watched) {
	wait := pause(w.interval, w.lastTook(s), nil)
	for sleep(ctx, wait) {
		wait = w.interval
		if w.settling.Load() == 0 {
			err := w.poll(ctx, s)
			wait = pause(w.interval, w.lastTook(s), err)
		}
	}
}

// pause is how long a source is left alone after a reading.
func pause(interval, took time.Duration, err error) time.Duration {
	wait := max(interval, idleFactor*took)
	if err != nil {
		return max(interval, min(wait, maxRetry))
	}
	return wait
}

func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// poll reads one source, after a reading in progress has ended.
func (w *Watcher) poll(ctx context.Context, s *watched) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.turn }()
	start := w.now()
	err := s.Poll(ctx)
	w.passNotes(s)
	if ctx.Err() != nil {
		return errors.Join(err, ctx.Err()) // called off: nothing the source can be blamed for
	}
	w.outcome(s, err, w.now()-start)
	return err
}

// outcome keeps how a reading went, and tells of an outage when it begins and when it is over.
func (w *Watcher) outcome(s *watched, err error, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.took = took
	switch {
	case err != nil && !s.failing:
		w.tell(replay.MarkSource, err.Error())
	case err == nil && s.failing:
		w.tell(replay.MarkNote, fmt.Sprintf("effect source %s: it can be read again", s.Info().Label))
	}
	s.failing = err != nil
}

func (w *Watcher) lastTook(s *watched) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return s.took
}

// pass hands an effect on.
func (w *Watcher) pass(e replay.Effect) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	if !e.Earlier {
		w.fresh++
		w.latest = w.now()
	}
	w.emit(e)
}

func (w *Watcher) passNotes(s *watched) {
	n, ok := s.Source.(noter)
	if !ok {
		return
	}
	all := n.notes()
	w.mu.Lock()
	defer w.mu.Unlock()
	for ; s.told < len(all); s.told++ {
		w.tell(replay.MarkNote, fmt.Sprintf("effect source %s: %s", s.Info().Label, all[s.told]))
	}
}

func (w *Watcher) tellTotals() {
	for _, s := range w.sources {
		t, ok := s.Source.(totaller)
		if !ok {
			continue
		}
		if text := t.total(); text != "" {
			w.tell(replay.MarkNote, fmt.Sprintf("effect source %s: %s", s.Info().Label, text))
		}
	}
}

func (w *Watcher) tell(kind replay.MarkKind, text string) {
	if !w.closed {
		w.mark(replay.Mark{Kind: kind, At: w.now(), Text: text})
	}
}

// news returns how many new effects there were so far, and when the last one came.
func (w *Watcher) news() (int, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fresh, w.latest
}

func (w *Watcher) now() time.Duration { return time.Since(w.base) }
