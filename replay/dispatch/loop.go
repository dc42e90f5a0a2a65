package dispatch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"hookonce/replay"
)

// step carries out one step: it starts units as they become due and slots are free,
// and records what became of them, until all have ended.
func (r *runner) step(s *schedule, st step) error {
	// The lead gives the first deliveries the time to connect before they are due. In control nothing connects before it has something to say:
	// a server with one worker would wait for that, while the run's very first byte is waited for here.
	if s.lead = lead; st.phase == replay.PhaseControl {
		s.lead = 0
	}
	s.begin(st, r.clock.now()+s.lead)
	for _, u := range s.line {
		r.hurry(u)
	}
	s.sort()
	inFlight := 0
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for s.left > 0 {
		var wake <-chan time.Time
		var in time.Duration
		if r.soft.Err() == nil {
			inFlight, in = r.startDue(s, inFlight)
			r.lane.release(r, s)
		} else if inFlight == 0 {
			return context.Cause(r.soft)
		}
		if s.left == 0 {
			break
		}
		if in = r.lane.patience(r.clock.now(), in); in > 0 {
			timer.Reset(in)
			wake = timer.C
		}
		inFlight -= r.wait(s, wake)
	}
	return nil
}

// startDue starts what is due, as far as there are slots. It returns the requests under way and in how long
// the next unit is due; 0 where nothing but the end of a request can bring one.
func (r *runner) startDue(s *schedule, inFlight int) (int, time.Duration) {
	for u := s.next(); u != nil; u = s.next() {
		if in := u.due - s.lead - r.clock.now(); in > 0 {
			return inFlight, in
		}
		if r.superfluous(u) {
			s.started()
			r.conclude(s, ending{unit: u, begun: true, attempt: r.skipped(u.members[0])})
			continue
		}
		// A gate takes all its slots at once, and goes alone where it needs more than there are. Nothing overtakes it, or it might
		// never find them.
		if inFlight > 0 && inFlight+len(u.members) > r.MaxInFlight {
			return inFlight, 0
		}
		s.started()
		if inFlight += len(u.members); u.probes() {
			r.typical = r.learned.medians() // nothing else is under way that looks at it
		}
		switch {
		case u.gate != 0 && r.byPacket(u) && !u.holdsRequest():
			r.work.Go(func() { r.packet(u) })
		case u.gate != 0:
			r.work.Go(func() { r.byConnections(u) })
		case !r.lane.begin(r, s, u):
			r.hands.do(func() { r.deliver(u) })
		}
		if r.lane.landed() {
			return inFlight, 0 // who counts what ended also looks at whether the run goes on
		}
	}
	return inFlight, 0
}

// wait blocks until a request ended, a unit is due, or the run is to stop; it returns how many requests ended.
func (r *runner) wait(s *schedule, wake <-chan time.Time) (ended int) {
	if ended = r.lane.arrivals(r, s); ended == 0 {
		ended = r.block(s, wake)
	}
	for {
		select {
		case e := <-r.ended:
			r.conclude(s, e)
			ended++
		default:
			return ended
		}
	}
}

func (r *runner) block(s *schedule, wake <-chan time.Time) (ended int) {
	stop, came := r.soft.Done(), r.lane.came()
	var hard <-chan struct{}
	if came != nil {
		hard = r.Hard.Done()
	}
	if r.soft.Err() != nil {
		stop = nil
	}
	select {
	case e := <-r.ended:
		r.conclude(s, e)
		return 1
	case <-came:
		return r.lane.told(r, s)
	case <-hard:
		r.lane.abort(r)
	case <-wake:
	case <-stop:
	}
	return 0
}

// conclude records an attempt and puts in line what waited for it. A delivery that was not begun leaves no trace.
func (r *runner) conclude(s *schedule, e ending) {
	if !e.begun {
		return
	}
	r.record(e)
	for _, u := range s.ended(e.unit, e.attempt) {
		r.hurry(u)
		s.free(u)
	}
}

func (r *runner) record(e ending) {
	a := e.attempt
	request := slices.ContainsFunc(e.unit.members, func(d replay.Delivery) bool { return d.N == a.Delivery && d.Role == replay.RoleRequest })
	if !request { // or else a redelivery would tell of it
		r.tried.add(a)
	}
	if a.Outcome == replay.Acked {
		r.acked.add(a.Event)
	}
	event := r.events[a.Event]
	if r.ProfileOf(event.Provider).GivesUp(a) {
		r.dropped.add(a.Event)
	}
	for _, d := range e.unit.members {
		if d.N == a.Delivery && d.Phase == replay.PhaseControl {
			r.learned.add(event.Type, a)
		}
	}
	r.out <- a
	r.mourn(e)
}

// mourn ends the run when the target is gone for good, or must not be connected to.
func (r *runner) mourn(e ending) {
	switch {
	case e.failed != nil:
		if err := r.ends(e.failed); err != nil {
			r.fatal = err
		}
	case e.attempt.FirstByte != 0:
		r.failures = 0
	}
	if r.fatal != nil {
		r.stop(r.fatal)
	}
}

// ends is why a connection that failed ends the run; nil where it does not.
func (r *runner) ends(failed error) error {
	var forbidden *ForbiddenError
	if errors.As(failed, &forbidden) {
		return forbidden
	}
	if r.failures++; r.failures == maxFailures {
		return fmt.Errorf("%w: %d connections in a row failed, the last one: %s", ErrTargetLost, maxFailures, brief(failed))
	}
	return nil
}

// hurry makes a unit due at once that need not be sent: nobody has to wait for a redelivery that is left out.
func (r *runner) hurry(u *unit) {
	if r.superfluous(u) {
		u.due = 0
	}
}

// superfluous says that the unit is a redelivery of an event that is acknowledged, or given up, by now. Members of a gate
// are left out one by one, by the gate.
func (r *runner) superfluous(u *unit) bool {
	return u.gate == 0 && r.leftOut(u.members[0])
}

func (r *runner) leftOut(d replay.Delivery) bool {
	return d.OnlyUnacknowledged() && (r.acked.has(d.Event) || r.dropped.has(d.Event))
}

// skipped is the attempt of a redelivery that was left out: it has no start, only the moment it was decided.
func (r *runner) skipped(d replay.Delivery) replay.Attempt {
	why := AlreadyAcknowledged
	if !r.acked.has(d.Event) {
		why = GivenUp
	}
	return replay.Attempt{Delivery: d.N, Event: d.Event, Replica: d.Replica, Outcome: replay.Unsent, End: r.clock.now(), Error: why}
}

// GivenUp is the Error of the unsent attempt of a redelivery that the provider does not make, because an answer
// told it not to come again. Its Start is 0.
const GivenUp = "given up: the endpoint's answer made the provider drop the event"

// needless says that the attempt stands for a redelivery that was left out.
func needless(a replay.Attempt) bool { return a.Error == AlreadyAcknowledged || a.Error == GivenUp }

// AlreadyAcknowledged is the Error of the unsent attempt of a redelivery that was not needed. Its Start is 0.
const AlreadyAcknowledged = "already acknowledged"

// acks are the events acknowledged, or given up, so far. Deliveries look again right before they are sent.
type acks struct {
	mu   sync.RWMutex
	keys map[string]bool
}

func (a *acks) add(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys[key] = true
}

func (a *acks) has(key string) bool {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return a.keys[key]
}
