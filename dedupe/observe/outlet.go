package observe

import (
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"hookonce/replay"
	hide "hookonce/replay/redact"
)

// outlet is what all sources share: what they are called, what they have told,
// and the way out for their effects.
type outlet struct {
	mu   sync.Mutex
	info replay.SourceInfo
	spec string // the whole, which is never shown
	base time.Time
	emit func(replay.Effect) // nil unless open
	// known says whether the plan knows an id. nil means that nothing is known, and nothing hidden.
	known func(string) bool
}

// Info describes the source.
func (o *outlet) Info() replay.SourceInfo {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.info
}

func (o *outlet) label() string { return o.info.Label } // never changes once the source is open

// identity tells the source from others, which may have its label: what is hidden in it differs.
func (o *outlet) identity() string { return o.spec }

func (o *outlet) rename(label string) {
	o.learn(func(info *replay.SourceInfo) { info.Label = label })
}

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
	if o.foreign(e.Key) {
		e.Key = hide.Text(e.Key)
	}
	if o.foreign(e.Subject) {
		e.Subject, e.Version = hide.Text(e.Subject), hide.Text(e.Version)
	}
	o.emit(e)
}

// foreign says that nothing in a text is the plan's: a database that others use tells of people, too. What the plan knows stays as it is,
// because effects are matched by it, also where it is a part of a key such as "charge:evt_1".
func (o *outlet) foreign(text string) bool {
	if o.known == nil || text == "" || o.known(text) {
		return false
	}
	return !slices.ContainsFunc(strings.FieldsFunc(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }), o.known)
}
