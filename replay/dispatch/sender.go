package dispatch

import (
	"context"
	"sync"
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
	solo   *runner // of all deliveries that go by themselves
	shots  sync.Pool
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
	s.solo = &runner{Options: o, places: s.places, soft: o.Hard}
	s.solo.clock.base = o.Base
	s.shots.New = func() any { return &shot{unit: new(unit)} }
	s.done = context.AfterFunc(o.Hard, func() { s.places.everywhere((*pool).abort) })
	return s, nil
}

// Send sends one delivery of an event, or several copies of it that are released together, and returns an attempt
// for each, in the order in which they ended. It may be called from several goroutines at once.
func (s *Sender) Send(e *replay.Event, copies ...replay.Delivery) []replay.Attempt {
	if len(copies) == 1 && goesAlone(&copies[0]) {
		if c := s.places.of(copies[0]).pool.alone(); c != nil {
			return []replay.Attempt{s.sendAlone(c, e, copies[0])}
		}
	}
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

// goesAlone says that nothing about a delivery takes somebody who watches its connection, or what became of others.
func goesAlone(d *replay.Delivery) bool {
	return d.HangUp == nil && d.Batch == replay.BatchAsSent && d.Role != replay.RoleRedelivery && d.Role != replay.RoleRequest
}

// sendAlone sends a delivery over a connection that has no reader: who waits for the answer reads it, and nobody else is woken.
func (s *Sender) sendAlone(c *conn, e *replay.Event, d replay.Delivery) replay.Attempt {
	x := s.shots.Get().(*shot)
	defer s.shots.Put(x)
	*x = shot{d: d, e: e, unit: x.unit, place: s.places.of(d), c: c, a: replay.Attempt{Delivery: d.N, Event: d.Event, Replica: d.Replica}}
	x.a.Start = s.solo.clock.now()
	if s.solo.sign(x) {
		s.solo.sendUnwatched(x)
	}
	return s.solo.ending(x).attempt
}

// sendUnwatched is send for a connection without a reader.
func (r *runner) sendUnwatched(s *shot) {
	switch {
	case !quiet(s.c.tcp):
		r.resend(s)
		return
	case len(s.req) > bigRequest: // its answer may come before it was sent
		s.place.pool.attend(s.c)
		r.send(s)
		return
	}
	s.c.begin(r.patience(s.e))
	s.a.Start = r.clock.now()
	switch sent, err := writeNow(s.c.net, s.req); {
	case err != nil:
		r.resend(s)
		return
	case sent < len(s.req):
		s.place.pool.attend(s.c)
		r.sendRest(s, sent)
		return
	}
	s.a.LastByte = r.clock.now()
	ans, _ := s.c.readAnswer()
	if s.stale(ans) {
		r.resend(s)
		return
	}
	ans.keep = ans.keep && s.c.br.Buffered() == 0 // what is more than the answer is nobody's
	r.fill(s, ans, false)
}

// Now is the time since the base.
func (s *Sender) Now() time.Duration { return s.base.now() }

// Close closes all connections. Nothing may be under way.
func (s *Sender) Close() {
	s.done()
	s.places.everywhere((*pool).close)
}
