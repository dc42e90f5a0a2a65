package dispatch

import (
	"errors"
	"fmt"
	"slices"

	"hookonce/replay"
)

// roomForHead is what a request's headers usually fit into.
const roomForHead = 1 << 10

// shot is one delivery on its way.
type shot struct {
	d      replay.Delivery
	e      *replay.Event
	unit   *unit
	place  *place
	c      *conn
	req    []byte
	bare   int // length of the request without its body
	a      replay.Attempt
	early  *answer // an answer that came before the request was complete
	failed error   // why there is no connection
}

func (r *runner) shot(u *unit, d replay.Delivery) *shot { return r.shotIn(new(shot), u, d) }

// shotIn makes a shot in the memory of one that is over.
func (r *runner) shotIn(s *shot, u *unit, d replay.Delivery) *shot {
	*s = shot{d: d, e: r.events[d.Event], unit: u, place: r.places.of(d), a: replay.Attempt{Delivery: d.N, Event: d.Event, Replica: d.Replica}}
	return s
}

// deliver is the life of a delivery that is in no gate.
func (r *runner) deliver(u *unit) {
	s := r.shot(u, u.members[0])
	if !r.connect(s) {
		r.ended <- ending{unit: u}
		return
	}
	if r.sign(s) {
		r.send(s)
	}
	r.report(s)
}

// connect waits for the shot's due time with a connection in hand, and says whether the delivery is to begin.
func (r *runner) connect(s *shot) bool {
	if r.Ready != nil && s.d.Phase == replay.PhaseProcess {
		r.Ready(r.soft, s.d)
	}
	if r.clock.now() < s.unit.due {
		// A failure counts when the delivery is due, not before: the endpoint may be just coming up.
		s.c, _ = s.place.pool.get(r.Hard)
		if !r.clock.until(r.soft, s.unit.due) {
			if s.c != nil {
				s.place.pool.giveBack(s.c)
			}
			return false
		}
	}
	s.a.Start = r.clock.now()
	if s.c != nil && s.c.state.Load() == idle {
		return true
	}
	if s.c != nil {
		s.place.pool.put(s.c, false)
	}
	s.c, s.failed = s.place.pool.get(r.Hard)
	return true
}

// sign makes the request, unless there is a reason not to send it.
func (r *runner) sign(s *shot) bool {
	m, ok := r.compose(s)
	if !ok {
		return false
	}
	s.c.room = s.pack(m, s.c.room)
	return true
}

// pack makes the request, in HTTP/1.1, in the room.
func (s *shot) pack(m message, room []byte) []byte {
	s.req = m.appendTo(slices.Grow(room[:0], len(m.body)+roomForHead))
	s.bare = len(s.req) - len(m.body)
	return s.req
}

// compose makes what is to be sent, in no protocol yet, unless there is a reason not to send it.
func (r *runner) compose(s *shot) (m message, ok bool) {
	if s.failed != nil {
		return m, s.unsent(r.why(s.failed))
	}
	if r.leftOut(s.d) {
		if s.c != nil {
			s.place.pool.giveBack(s.c)
		}
		s.c, s.a = nil, r.skipped(s.d)
		return m, false
	}
	if s.d.Role == replay.RoleRequest {
		return r.composeRequest(s)
	}
	e, err := s.e.Loaded()
	if err != nil {
		return m, s.unsent(fmt.Sprintf("not read: %s", err))
	}
	e.Body = s.d.Rewrite.Apply(e.Body)
	if e.Body, err = r.batched(s.d, e); err != nil {
		return m, s.unsent(fmt.Sprintf("not put together: %s", err))
	}
	sending := r.sending(s.d)
	if r.ProfileOf(e.Provider).AttemptID != "" {
		s.a.ID = sending.Attempt
	}
	header, body, err := r.Sign(e, sending)
	if err == nil {
		m, err = s.place.to.message(e.Provider, header, e.Header, body)
	}
	if err != nil {
		return m, s.unsent(fmt.Sprintf("not signed: %s", err))
	}
	return m, true
}

// batched is the body of a delivery with its items put together as the delivery says.
func (r *runner) batched(d replay.Delivery, e replay.Event) ([]byte, error) {
	if d.Batch == replay.BatchAsSent {
		return e.Body, nil
	}
	var other replay.Event
	if with := r.events[d.With]; with != nil {
		var err error
		if other, err = with.Loaded(); err != nil {
			return nil, err
		}
	}
	return d.Batch.Apply(e.Body, other.Body, r.ProfileOf(e.Provider).Batch)
}

// unsent concludes a delivery of which nothing left; it is always false.
func (s *shot) unsent(why string) bool {
	s.a.Outcome, s.a.Error = replay.Unsent, why
	return false
}

// send sends the request and takes its answer. It starts over, once, where a kept connection was closed by
// the endpoint before the request's first byte: only then is it certain that nobody read it.
func (r *runner) send(s *shot) {
	for r.push(s, s.length()) {
		ans, hung := r.await(s)
		if hung || !s.stale(ans) {
			r.fill(s, ans, hung)
			return
		}
		if !r.redial(s) {
			return
		}
	}
}

// resend starts over with a new connection: the endpoint had closed the other one before anything was sent.
func (r *runner) resend(s *shot) {
	if r.redial(s) {
		r.send(s)
	}
}

// sendRest goes on after the first n bytes, and takes the answer.
func (r *runner) sendRest(s *shot, n int) {
	if _, err := s.c.write(s.req[n:]); err == nil {
		s.a.LastByte = r.clock.now()
	}
	ans, hung := r.await(s)
	r.fill(s, ans, hung)
}

// push writes the first n bytes of the request. It says false where nothing could be written;
// a write that breaks off is told by the answer, or by the failure to read one.
func (r *runner) push(s *shot, n int) bool {
	for {
		begun := s.c.begin(r.patience(s.e))
		sent := 0
		if begun {
			s.a.Start = r.clock.now()
			var err error
			if sent, err = s.c.write(s.req[:n]); err == nil && n == len(s.req) {
				s.a.LastByte = r.clock.now()
			}
			if err == nil || sent > 0 {
				return true
			}
		}
		switch {
		case s.c.used:
			if !r.redial(s) {
				return false
			}
		case begun:
			return true
		default:
			s.failed = errClosedAtOnce
			return s.unsent(s.failed.Error())
		}
	}
}

var errClosedAtOnce = errors.New("the endpoint closed the connection before the request")

// stale says that the endpoint had closed the kept connection before anything was written to it.
func (s *shot) stale(ans answer) bool {
	return ans.silent && s.c.used && ans.first < s.a.Start
}

// redial replaces the shot's connection by a new one.
func (r *runner) redial(s *shot) bool {
	s.place.pool.put(s.c, false)
	s.a.LastByte = 0
	if s.c, s.failed = s.place.pool.dial(r.Hard); s.failed != nil {
		return s.unsent(r.why(s.failed))
	}
	return true
}

// fill writes down the answer, or that there is none.
func (r *runner) fill(s *shot, ans answer, hung bool) {
	a := &s.a
	switch {
	case hung:
		a.Outcome, a.Fired, a.End = replay.Unknown, true, r.clock.now()
		a.Error = s.hungUp()
		return
	case ans.err != nil:
		a.Outcome, a.Error = replay.Unknown, r.whyNoAnswer(s.e, ans)
	default:
		a.Outcome = replay.Refused
		if s.d.Role == replay.RoleRequest {
			a.Outcome = replay.Answered
		} else if r.Acknowledges(s.e.Provider, ans.status) {
			a.Outcome = replay.Acked
		}
		a.Status, a.Body, a.Truncated, a.RetryAfter, a.NoRetry = ans.status, ans.body, ans.truncated, ans.retryAfter, ans.noRetry
	}
	if a.End = ans.end; !ans.silent {
		a.FirstByte = ans.first
	}
	if s.unit.gate == 0 && a.FirstByte != 0 && a.LastByte > a.FirstByte {
		// On a busy machine the endpoint, woken by the write, may run before the write returns here. The
		// moment of the call is nearer then. A gate's last bytes are left as stamped: there, a late stamp only makes the proof harder.
		a.LastByte = a.Start
	}
	if s.c != nil {
		s.place.pool.put(s.c, ans.keep && a.LastByte != 0)
		s.c = nil
	}
}

// report ends a shot.
func (r *runner) report(s *shot) { r.ended <- r.ending(s) }

// ending is what is to be told of a shot.
func (r *runner) ending(s *shot) ending {
	if s.c != nil {
		s.place.pool.put(s.c, false)
		s.c = nil
	}
	if s.unit.clocked && !needless(s.a) {
		s.a.Late = max(1, s.a.Start-s.unit.due)
	}
	s.a.End = max(s.a.End, s.a.Start)
	if s.a.Outcome == replay.Unsent {
		s.a.End = r.clock.now()
	}
	return ending{unit: s.unit, begun: true, attempt: s.a, failed: s.failed}
}
