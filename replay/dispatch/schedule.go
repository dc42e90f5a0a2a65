package dispatch

import (
	"cmp"
	"container/heap"
	"net/http"
	"slices"
	"time"

	"hookonce/replay"
)

// maxRetryAfterWait bounds how long a redelivery heeds an endpoint's Retry-After.
const maxRetryAfterWait = 30 * time.Second

// unit is what starts together: one delivery, or all deliveries of a gate.
type unit struct {
	n       int // the least number of its deliveries
	gate    int
	members []replay.Delivery
	edges   []edge // the deliveries that wait for this unit
	waits   int    // deliveries of other units whose end a member waits for
	unmet   int    // of waits, while units are put in order
	clocked bool   // nothing but the clock is waited for
	open    bool   // its step has begun

	due   time.Duration // when it may start; later units' ends may still put it off
	left  int           // members that have not ended
	end   time.Duration // the latest end of a member
	asked time.Duration // the longest Retry-After of a refusal
}

// edge is one After: the delivery, and the unit it belongs to.
type edge struct {
	to *unit
	d  replay.Delivery
}

// probes says that what control has taught so far decides when the unit's copies leave.
func (u *unit) probes() bool {
	return u.phase() == replay.PhaseControl && slices.ContainsFunc(u.members, func(d replay.Delivery) bool { return d.Lag != nil })
}

// step is a part of a plan that ends before the next part begins: a phase, or in
// the late phase the duplicates of one age.
type step struct {
	phase replay.Phase
	opens bool          // the phase begins with it
	age   time.Duration // how long after the phase's start, for late duplicates
	units []*unit
}

// schedule says which unit of a step may start when. It knows no clock and no connection.
type schedule struct {
	scale float64
	lead  time.Duration // how long before its due time a delivery gets its connection
	lease time.Duration // what a fault-free redelivery waits for at least
	line  []*unit       // what waited for nothing when the step began; in order, once it was sorted
	freed heaped        // what waits for nothing any more
	left  int           // units that have not ended
}

// begin takes up a step that starts at the given moment; sort is to follow.
func (s *schedule) begin(st step, start time.Duration) {
	s.line, s.freed, s.left = make([]*unit, 0, len(st.units)), s.freed[:0], len(st.units)
	for _, u := range st.units {
		for _, d := range u.members {
			u.due = max(u.due, start+d.At)
		}
		if u.open = true; u.waits == 0 {
			s.line = append(s.line, u)
		}
	}
}

// sort puts in order what waits for nothing.
func (s *schedule) sort() {
	slices.SortFunc(s.line, func(a, b *unit) int { return cmp.Or(cmp.Compare(a.due, b.due), cmp.Compare(a.n, b.n)) })
}

// next is the unit that starts next, nil where all have started or wait for others.
func (s *schedule) next() *unit {
	switch {
	case len(s.line) == 0 && len(s.freed) == 0:
		return nil
	case len(s.freed) == 0 || len(s.line) > 0 && s.line[0].before(s.freed[0]):
		return s.line[0]
	}
	return s.freed[0]
}

// started takes the next unit off.
func (s *schedule) started() {
	if len(s.line) > 0 && s.next() == s.line[0] {
		s.line[0], s.line = nil, s.line[1:]
		return
	}
	heap.Pop(&s.freed)
}

// ended records that a member of the unit ended, and returns the units of this step
// that wait for nothing but their due time any more.
func (s *schedule) ended(u *unit, a replay.Attempt) (freed []*unit) {
	u.end = max(u.end, a.End)
	if a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable {
		u.asked = max(u.asked, a.RetryAfter)
	}
	if u.left--; u.left > 0 {
		return nil
	}
	s.left--
	for _, e := range u.edges {
		e.to.due = max(e.to.due, u.end+s.wait(e.d, u))
		if e.to.waits--; e.to.waits == 0 && e.to.open {
			freed = append(freed, e.to)
		}
	}
	return freed
}

// free puts a unit in line.
func (s *schedule) free(u *unit) { heap.Push(&s.freed, u) }

// wait is how long after the end of u the delivery is due. What an endpoint
// asks for is real time: it is not scaled, and only heeded where nothing is provoked any more.
func (s *schedule) wait(d replay.Delivery, u *unit) time.Duration {
	if d.Role == replay.RoleLate {
		return 0 // its age counts from the phase's start
	}
	w := time.Duration(float64(d.Wait) * s.scale)
	if d.Phase == replay.PhaseTail && d.Role == replay.RoleRedelivery {
		w = max(w, s.lease, min(u.asked, maxRetryAfterWait))
	}
	return w
}

// before orders units by due time, then by number.
func (u *unit) before(v *unit) bool { return u.due < v.due || u.due == v.due && u.n < v.n }

// heaped holds units; the one that is before all others is first.
type heaped []*unit

var _ heap.Interface = (*heaped)(nil)

func (h heaped) Len() int           { return len(h) }
func (h heaped) Less(i, j int) bool { return h[i].before(h[j]) }
func (h heaped) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *heaped) Push(x any)        { *h = append(*h, x.(*unit)) }
func (h *heaped) Pop() any {
	old := *h
	u := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return u
}
