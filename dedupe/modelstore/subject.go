package modelstore

import "hookonce/dedupe"

// subject is what is remembered of one subject.
type subject struct {
	version   string // padded
	event     string
	data      string
	tombstone bool
	retained  int64 // milliseconds since the epoch
}

// order is how an event's version stands to its subject's.
type order int

const (
	newer order = iota
	tie
	older
)

// order compares a padded version with the subject's (nil: none known). The event that set
// the subject's version does not tie with itself.
func (o *subject) order(version, event string) order {
	switch {
	case version == "" || o == nil || o.version < version:
		return newer
	case o.version > version:
		return older
	case o.event == event:
		return newer
	}
	return tie
}

// write sets a subject's state, if the version allows it.
func (s *Store) write(c dedupe.Completion, version string, now int64) dedupe.Completed {
	id := subjectID{c.Source, c.Subject}
	o := s.subject(id, now)
	switch o.order(version, c.Event) {
	case older:
		return dedupe.CompletedStale
	case tie:
		if c.Over == "" || c.Over != o.event {
			return dedupe.CompletedTie
		}
	}
	retained := now + c.Retention.Milliseconds()
	if o != nil {
		retained = max(retained, o.retained) // never forget a subject earlier than promised
	}
	s.subjects[id] = &subject{version, c.Event, c.Data, c.Tombstone, retained}
	return dedupe.CompletedOK
}

// subject returns a live record; nil where there is none, or none any more.
func (s *Store) subject(id subjectID, now int64) *subject {
	o := s.subjects[id]
	if o != nil && o.retained <= now {
		delete(s.subjects, id)
		return nil
	}
	return o
}

// sweepLeast is the number of records below which nothing is swept.
const sweepLeast = 4096

// sweep forgets expired records whenever their number has doubled, so that memory
// follows what is retained and each call pays a constant share.
func (s *Store) sweep(now int64) {
	if len(s.events)+len(s.subjects) < s.sweepAt {
		return
	}
	for id, e := range s.events {
		if e.retained <= now {
			delete(s.events, id)
		}
	}
	for id, o := range s.subjects {
		if o.retained <= now {
			delete(s.subjects, id)
		}
	}
	s.sweepAt = max(sweepLeast, 2*(len(s.events)+len(s.subjects)))
}
