package observe

import (
	"sync"
	"time"

	"hookonce/replay"
)

// outlet is what all sources share: what they are called, what they have told,
// and the way out for their effects.
type outlet struct {
	mu   sync.Mutex
	info replay.SourceInfo
	base time.Time
	emit func(replay.Effect) // nil unless open
}

// Info describes the source.
func (o *outlet) Info() replay.SourceInfo {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.info
}

func (o *outlet) label() string { return o.info.Label } // never changes

func (o *outlet) start(base time.Time, emit func(replay.Effect)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.base, o.emit = base, emit
}

func (o *outlet) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.emit = nil
}

// now is the time since the run's base.
func (o *outlet) now() time.Duration { return time.Since(o.base) }

// learn changes the description.
func (o *outlet) learn(change func(*replay.SourceInfo)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	change(&o.info)
}

// send emits an effect under the source's label.
func (o *outlet) send(e replay.Effect) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.out(e)
}

// sendNow emits an effect that happens at this very moment. The moment is taken
// under the lock, so that effects come out in the order of their times.
func (o *outlet) sendNow(e replay.Effect) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e.At = o.now()
	e.Since = e.At
	o.out(e)
}

// sendSince emits an effect that is seen at this very moment and was committed after since.
func (o *outlet) sendSince(e replay.Effect, since time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	e.At = o.now()
	e.Since = min(since, e.At)
	o.out(e)
}

func (o *outlet) out(e replay.Effect) {
	if o.emit == nil {
		return
	}
	if e.State() {
		o.info.States = true
	} else {
		o.info.Counts = true
	}
	e.Source = o.info.Label
	o.emit(e)
}
