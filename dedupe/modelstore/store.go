// Package modelstore is the lock and version protocol in plain Go: the state
// machine that every other engine is compared with, and a fast store for simulations and tests.
//
// It forgets everything with the process, and so never is the store of a real endpoint. It
// starts no goroutine and never waits.
package modelstore

import (
	"context"
	"sync"
	"time"

	"hookonce/dedupe"
)

// Store is a dedupe.Store in memory. It is safe for concurrent use.
type Store struct {
	clock    func() time.Time
	mu       sync.Mutex
	events   map[eventID]*event
	subjects map[subjectID]*subject
	sweepAt  int // the number of records at which the expired ones are swept up
}

var _ dedupe.Store = (*Store)(nil)

type subjectID struct{ source, subject string }

type eventID struct{ source, subject, event string }

// New returns an empty Store. The clock rules calls whose Now is zero; nil is the real time.
func New(clock func() time.Time) *Store {
	if clock == nil {
		clock = time.Now
	}
	return &Store{clock: clock, events: map[eventID]*event{}, subjects: map[subjectID]*subject{}, sweepAt: sweepLeast}
}

// Claim implements dedupe.Store.
func (s *Store) Claim(_ context.Context, c dedupe.Claim) (dedupe.Answer, error) {
	if err := c.Validate(); err != nil {
		return dedupe.Answer{}, err
	}
	version, err := dedupe.PadVersion(c.Version)
	if err != nil {
		return dedupe.Answer{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now(c.Now)
	s.sweep(now)
	id := eventID{c.Source, c.Subject, c.Event}
	e := s.event(id, now)
	a, next := e.claim(c, version, s.subject(subjectID{c.Source, c.Subject}, now), now)
	if next != nil {
		s.events[id] = next
	}
	return a, nil
}

// Renew implements dedupe.Store.
func (s *Store) Renew(_ context.Context, h dedupe.Hold) (bool, error) {
	if err := h.ValidateRenew(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now(h.Now)
	e := s.event(eventID{h.Source, h.Subject, h.Event}, now)
	if e == nil || e.state != processing || e.token != h.Token {
		return false, nil
	}
	e.lease, e.retained = now+h.Lease.Milliseconds(), now+h.Retention.Milliseconds()
	return true, nil
}

// Complete implements dedupe.Store.
func (s *Store) Complete(_ context.Context, c dedupe.Completion) (dedupe.Completed, error) {
	if err := c.Validate(); err != nil {
		return "", err
	}
	version, err := dedupe.PadVersion(c.Version)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now(c.Now)
	e := s.event(eventID{c.Source, c.Subject, c.Event}, now)
	switch {
	case e == nil || e.token != c.Token:
		return dedupe.CompletedLost, nil
	case e.state == done:
		return e.completed, nil // sent again
	case e.state != processing:
		return dedupe.CompletedLost, nil
	}
	out := dedupe.CompletedOK
	if version != "" {
		if out = s.write(c, version, now); out == dedupe.CompletedTie {
			return out, nil
		}
	}
	e.state, e.completed, e.result, e.retained = done, out, c.Result, now+c.Retention.Milliseconds()
	return out, nil
}

// Release implements dedupe.Store.
func (s *Store) Release(_ context.Context, h dedupe.Hold) (bool, error) {
	if err := h.Validate(); err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now(h.Now)
	e := s.event(eventID{h.Source, h.Subject, h.Event}, now)
	switch {
	case e == nil || e.token != h.Token:
		return false, nil
	case e.state == failed:
		return true, nil // sent again
	case e.state != processing:
		return false, nil
	}
	e.state, e.lease, e.retained = failed, 0, now+h.Retention.Milliseconds()
	return true, nil
}

// State implements dedupe.Store.
func (s *Store) State(_ context.Context, source, name string) (dedupe.State, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.subject(subjectID{source, name}, s.now(time.Time{}))
	if o == nil {
		return dedupe.State{}, false, nil
	}
	return dedupe.State{Version: dedupe.TrimVersion(o.version), Event: o.event, Data: o.data, Tombstone: o.tombstone}, true, nil
}

func (s *Store) now(given time.Time) int64 {
	if given.IsZero() {
		given = s.clock()
	}
	return given.UnixMilli()
}

// Show says for people where an event stands: in which state, of which owner, and how long the
// lease lasts, or else the memory.
func (s *Store) Show(source, subject, name string) (text string, left time.Duration, there bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now(time.Time{})
	e := s.event(eventID{source, subject, name}, now)
	if e == nil {
		return "", 0, false
	}
	until := e.retained
	switch e.state {
	case processing:
		text, until = "processing, "+e.token, e.lease
	case done:
		text = "done"
	case failed:
		text = "released"
	case stale:
		text = "stale"
	}
	return text, time.Duration(max(0, until-now)) * time.Millisecond, true
}

// Clear forgets everything, as a server that loses its data does, and says how many records that were.
func (s *Store) Clear() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.events) + len(s.subjects)
	clear(s.events)
	clear(s.subjects)
	return n
}

// Len is how many records are kept, expired ones that were not swept up yet among them.
func (s *Store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events) + len(s.subjects)
}
