package modelstore

import (
	"time"

	"hookonce/dedupe"
)

// state is where an event stands.
type state byte

const (
	processing state = 'P'
	done       state = 'D'
	failed     state = 'F'
	stale      state = 'S'
)

// event is what is remembered of one event. Times are milliseconds since the epoch.
type event struct {
	state           state
	token           string
	lease, retained int64
	fingerprint     string
	fence           int64
	kind            dedupe.Kind // of the owner's claim, for one that is sent again
	tied            string
	completed       dedupe.Completed
	result          string
	version         string // the subject's newest, when stale
}

// claim decides a claim on an event (nil: not known) of a subject (nil: none known). It
// returns the event's next record, or nil where nothing changes.
func (e *event) claim(c dedupe.Claim, version string, o *subject, now int64) (dedupe.Answer, *event) {
	if e != nil {
		switch {
		case c.Fingerprint != "" && e.fingerprint != "" && e.fingerprint != c.Fingerprint:
			return dedupe.Answer{Kind: dedupe.Mismatch}, nil
		case e.state == done:
			return dedupe.Answer{Kind: dedupe.Done, Result: e.result}, nil
		case e.state == stale:
			return dedupe.Answer{Kind: dedupe.Stale, Version: dedupe.TrimVersion(e.version)}, nil
		case e.state == processing && e.token == c.Token: // sent again
			next := *e
			next.lease, next.retained = now+c.Lease.Milliseconds(), now+c.Retention.Milliseconds()
			return dedupe.Answer{Kind: e.kind, Fence: e.fence, Tied: e.tied}, &next
		case e.state == processing && e.lease > now:
			return dedupe.Answer{Kind: dedupe.Busy, Busy: time.Duration(e.lease-now) * time.Millisecond}, nil
		}
	}
	next := e.next(c, now)
	switch o.order(version, c.Event) {
	case tie:
		if !c.AllowTie {
			return dedupe.Answer{Kind: dedupe.Tie, Version: dedupe.TrimVersion(o.version), Tied: o.event}, nil
		}
		if !o.tombstone {
			next.tied = o.event
			break
		}
		fallthrough // nothing comes after a deletion at the same version
	case older:
		next.state, next.version = stale, o.version
		return dedupe.Answer{Kind: dedupe.Stale, Version: dedupe.TrimVersion(o.version)}, next
	}
	next.state, next.lease, next.fence = processing, now+c.Lease.Milliseconds(), next.fence+1
	next.kind = dedupe.Claimed
	if e != nil && e.state == processing {
		next.kind = dedupe.Takeover
	}
	return dedupe.Answer{Kind: next.kind, Fence: next.fence, Tied: next.tied}, next
}

// next is the record of a new claim: the fence and the fingerprint outlive a run.
func (e *event) next(c dedupe.Claim, now int64) *event {
	n := &event{token: c.Token, fingerprint: c.Fingerprint, retained: now + c.Retention.Milliseconds()}
	if e != nil {
		n.fence = e.fence
		if n.fingerprint == "" {
			n.fingerprint = e.fingerprint
		}
	}
	return n
}

// event returns a live record; nil where there is none, or none any more.
func (s *Store) event(id eventID, now int64) *event {
	e := s.events[id]
	if e != nil && e.retained <= now {
		delete(s.events, id)
		return nil
	}
	return e
}
