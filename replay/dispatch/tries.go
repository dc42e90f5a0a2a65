package dispatch

import (
	"strconv"
	"sync"
	"time"

	"hookonce/replay"
)

// tried is what became of an event so far.
type tried struct {
	n     int // attempts, those that found no connection included
	first time.Duration
	last  replay.Attempt
}

// tries remembers, per event, what a redelivery tells of the attempts before it.
type tries struct {
	mu sync.Mutex
	of map[string]tried
}

func (t *tries) add(a replay.Attempt) {
	if needless(a) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.of[a.Event]
	if was.n++; was.n == 1 {
		was.first = a.Start
	}
	was.last = a
	t.of[a.Event] = was
}

func (t *tries) get(event string) tried {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.of[event]
}

// sending is a delivery at this moment.
func (r *runner) sending(d replay.Delivery) replay.Sending {
	s := replay.Sending{Signature: d.Signature, Replica: d.Replica, Now: time.Now(), Attempt: r.attemptOf(d), Anew: d.NewAttempt}
	if d.Role != replay.RoleRedelivery {
		return s
	}
	if before := r.tried.get(d.Event); before.n > 0 {
		s.Retry, s.First, s.Previous = before.n, r.Base.Add(before.first), before.last
	}
	return s
}

// attemptOf names the attempt a delivery belongs to: a duplicate is a copy of the first one, unless it is to be another.
func (r *runner) attemptOf(d replay.Delivery) string {
	n := r.firsts[d.Event]
	if d.NewAttempt || d.Role == replay.RoleRedelivery && !r.ProfileOf(r.events[d.Event].Provider).AttemptKept {
		n = d.N
	}
	if n == 0 { // a sender without a plan does not know the first one
		return "attempt-" + d.Event
	}
	return "attempt-" + strconv.Itoa(n)
}

// patience is how long the answer to an event is waited for.
func (r *runner) patience(e *replay.Event) time.Duration {
	if d := r.PatienceFor(e.Provider); d > 0 {
		return d
	}
	return r.Patience
}
