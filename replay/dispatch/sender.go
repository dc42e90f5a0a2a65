package dispatch

import (
	"context"
	"time"

	"hookonce/replay"
)

// Sender sends deliveries as they come, without a plan: sustained load makes its events on the fly. It keeps nothing
// of a delivery once it is over, so its memory is that of what is under way. Phases, waits, redeliveries that
// depend on an acknowledgement and hang-ups by latency are a plan's business: see Run.
type Sender struct {
	o      Options
	places places
	base   clock
	done   func() bool
}

// NewSender makes a sender. The error is of a target or an option that cannot be used.
func NewSender(t Target, o Options) (*Sender, error) {
	to, err := t.endpoints()
	if err != nil {
		return nil, err
	}
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	s := &Sender{o: o}
	s.base.base = o.Base
	s.places = placesOf(to, s.base.now, o.Patience)
	s.done = context.AfterFunc(o.Hard, func() { s.places.everywhere((*pool).abort) })
	return s, nil
}

// Send sends one delivery of an event, or several copies of it that are released together, and returns an attempt
// for each, in the order in which they ended. It may be called from several goroutines at once.
func (s *Sender) Send(e *replay.Event, copies ...replay.Delivery) []replay.Attempt {
	r := &runner{Options: s.o, places: s.places, events: map[string]*replay.Event{e.Key: e},
		soft: s.o.Hard, ended: make(chan ending, len(copies))}
	r.clock.base = s.o.Base
	u := &unit{n: copies[0].N, members: copies, left: len(copies)}
	switch u.gate = copies[0].Gate; {
	case len(copies) == 1:
		u.gate = 0
		r.deliver(u)
	case r.byPacket(u):
		r.packet(u)
	default:
		r.race(u)
		r.work.Wait()
	}
	close(r.ended)
	attempts := make([]replay.Attempt, 0, len(copies))
	for end := range r.ended {
		attempts = append(attempts, end.attempt)
	}
	return attempts
}

// Now is the time since the base.
func (s *Sender) Now() time.Duration { return s.base.now() }

// Close closes all connections. Nothing may be under way.
func (s *Sender) Close() {
	s.done()
	s.places.everywhere((*pool).close)
}
