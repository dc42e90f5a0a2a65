package reference

import (
	"slices"
	"sync"
	"time"

	"hookonce/replay"
)

// Charge is the name of the one effect the handlers have.
const Charge = "charge"

// MaxVersions is how many committed versions of a subject a ledger keeps; older ones are dropped.
const MaxVersions = 1000

// Commit is one thing the ledger took in: a charge of an event, or a version of a subject.
type Commit struct {
	At time.Time
	// Event is the key of the event that caused it.
	Event string
	// Effect is Charge, and empty for a state.
	Effect string
	// Subject, Version and Deleted are set for a state.
	Subject string
	Version string
	Deleted bool
}

// Count is how many effects an event had.
type Count struct {
	Event string
	Count int
}

// State is what the database says of a subject.
type State struct {
	Subject string
	// Version is the current one, and Versions all that were committed, in order, the last
	// MaxVersions of them: going back stays visible.
	Version  string
	Versions []string
	Deleted  bool
}

// Ledger is the world outside the handler: the downstream that charges and the
// database with one row per subject. It survives everything and forgets nothing. It is safe for concurrent use.
type Ledger struct {
	mu       sync.Mutex
	attempts map[string]int
	keys     map[string]bool
	counts   map[string]int
	events   []string // in the order of their first charge
	rows     map[string]*row
	subjects []string // in the order of their first version
	heard    map[string]replay.Event
	onCommit func(Commit)
}

type row struct {
	current  replay.Event
	versions []string
}

// NewLedger returns an empty ledger. onCommit, where it is not nil, is called for each commit,
// in order and before the handler learns of it; it must not call the ledger.
func NewLedger(onCommit func(Commit)) *Ledger {
	return &Ledger{attempts: map[string]int{}, keys: map[string]bool{}, counts: map[string]int{},
		rows: map[string]*row{}, heard: map[string]replay.Event{}, onCommit: onCommit}
}

// Attempt counts the attempts to do an event's work, from 1.
func (l *Ledger) Attempt(e replay.Event) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts[e.Key]++
	return l.attempts[e.Key]
}

// Charge commits a charge for the event, unless one with the same key was committed
// before. An empty key is never the same.
func (l *Ledger) Charge(e replay.Event, key string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if key != "" && l.keys[key] {
		return
	}
	l.keys[key] = true
	if l.counts[e.Key] == 0 {
		l.events = append(l.events, e.Key)
	}
	l.counts[e.Key]++
	l.tell(Commit{At: at, Event: e.Key, Effect: Charge})
}

// Charged says whether a charge with this key was committed.
func (l *Ledger) Charged(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return key != "" && l.keys[key]
}

// Save writes the event's version as its subject's state, whatever was there.
func (l *Ledger) Save(e replay.Event, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.save(e, at)
}

// SaveIfNewer writes the event's version, in one step, unless what is there is the
// same event or a later one.
func (l *Ledger) SaveIfNewer(e replay.Event, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rows[e.Subject]; r != nil && !after(e, r.current) {
		return
	}
	l.save(e, at)
}

func (l *Ledger) save(e replay.Event, at time.Time) {
	r := l.rows[e.Subject]
	if r == nil {
		r = &row{}
		l.rows[e.Subject] = r
		l.subjects = append(l.subjects, e.Subject)
	}
	e.Body, e.Header = nil, nil // a row needs neither
	r.current = e
	if len(r.versions) == MaxVersions {
		r.versions = slices.Delete(r.versions, 0, 1)
	}
	r.versions = append(r.versions, e.Version)
	l.tell(Commit{At: at, Event: e.Key, Subject: e.Subject, Version: e.Version, Deleted: e.Deletes})
}

func (l *Ledger) tell(c Commit) {
	if l.onCommit != nil {
		l.onCommit(c)
	}
}

// Heard takes note that the provider sent the event.
func (l *Ledger) Heard(e replay.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Body, e.Header = nil, nil
	if newest, ok := l.heard[e.Subject]; !ok || after(e, newest) {
		l.heard[e.Subject] = e
	}
}

// Newest is the newest event of the event's subject that the provider sent.
func (l *Ledger) Newest(e replay.Event) replay.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	if newest, ok := l.heard[e.Subject]; ok && e.Subject != "" {
		return newest
	}
	return e
}

// after orders events of one subject. Those the provider does not order are ordered by key: it does
// not matter which wins, only that the same one does whatever order they came in.
func after(e, than replay.Event) bool {
	order := e.Order(than)
	return order > 0 || order == 0 && e.Key > than.Key
}

// Load returns a subject's state; false where there never was one.
func (l *Ledger) Load(subject string) (State, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.load(subject)
}

func (l *Ledger) load(subject string) (State, bool) {
	r := l.rows[subject]
	if r == nil {
		return State{}, false
	}
	return State{Subject: subject, Version: r.current.Version,
		Versions: slices.Clone(r.versions), Deleted: r.current.Deletes}, true
}

// Counts lists the charges per event, in the order of each event's first.
func (l *Ledger) Counts() []Count {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Count, len(l.events))
	for i, e := range l.events {
		out[i] = Count{Event: e, Count: l.counts[e]}
	}
	return out
}

// States lists the subjects' states, in the order of each subject's first.
func (l *Ledger) States() []State {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]State, len(l.subjects))
	for i, s := range l.subjects {
		out[i], _ = l.load(s)
	}
	return out
}
