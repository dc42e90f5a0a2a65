package dispatch

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"hookonce/replay"
)

const (
	// crowdDial is how long the connections of a dense gate may take to come about, all at once. It ends before an endpoint whose
	// queue of connections is full hears of the next one again.
	crowdDial = 900 * time.Millisecond
	// crowdShare is the part of the patience within which a dense gate is to be answered as a whole.
	crowdShare = 4
	// crowdWait is how long idle connections are kept while other copies wait: their workers may wait for us.
	crowdWait = 50 * time.Millisecond
)

// dense says that the gate races several events, each by copies of its own.
func (u *unit) dense() bool {
	if u.gate == 0 || u.phase() == replay.PhaseProcess {
		return false
	}
	events := 1
	for i := 1; i < len(u.members); i++ {
		if u.members[i].Event != u.members[i-1].Event {
			events++
		}
	}
	return events > 1 && events < len(u.members)
}

// crowd is how many requests at once the endpoint was seen to take.
type crowd struct {
	mu    sync.Mutex
	width int           // connections; 0 as long as it took all
	each  time.Duration // how long a request of a crowd takes, with all others divided among them; 0 for not known
}

// limit is how many requests a crowd may have, if it is to be answered within d. alone is what a request takes by itself.
func (c *crowd) limit(d, alone time.Duration) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	each, n := c.each, math.MaxInt
	if each == 0 {
		each = alone
	}
	if each > 0 {
		n = int(d / each)
	}
	if c.width > 0 {
		n = min(n, c.width)
	}
	return n
}

func (c *crowd) answered(n int, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.each = took / time.Duration(n)
}

func (c *crowd) narrow(width int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.width = width
}

// byConnections is the life of a gate whose copies have a connection each.
func (r *runner) byConnections(u *unit) {
	if u.dense() {
		r.denseRace(u)
		return
	}
	r.race(u)
}

// crowdOf is how many copies of a dense gate may be under way at once.
func (r *runner) crowdOf(u *unit) int {
	return r.crowd.limit(r.patience(r.events[u.members[0].Event])/crowdShare, r.typical.all)
}

// denseRace is the life of a dense gate. Whether copies overlapped is told event by event, so the gate is released in parts
// where the endpoint takes fewer connections at once, or would answer the last copy beyond the sender's patience.
func (r *runner) denseRace(u *unit) {
	u.clocked = false // it goes when nothing else is under way
	shots := make([]*shot, len(u.members))
	for i, d := range u.members {
		shots[i] = r.shot(u, d)
	}
	for r.clock.until(r.soft, u.due) && len(shots) > 0 {
		n := wholeEvents(shots, r.crowdOf(u))
		part, waiting := r.connectCrowd(shots[:n])
		shots = append(waiting, shots[n:]...)
		if ready := r.load(part); len(ready) > 0 {
			began, done := r.clock.now(), make(chan struct{})
			r.work.Go(func() { r.unblock(done) })
			if inWaves(u.gate) {
				r.openGate(u.gate, ready)
			} else {
				r.volley(u.gate, ready)
			}
			close(done)
			r.crowd.answered(len(ready), r.clock.now()-began)
		}
	}
	for range shots {
		r.ended <- ending{unit: u}
	}
}

// wholeEvents is how many of the shots are taken, n at most, so that no event is torn apart, and one event at least.
func wholeEvents(shots []*shot, n int) int {
	if n >= len(shots) {
		return len(shots)
	}
	for n > 0 && shots[n].d.Event == shots[n-1].d.Event {
		n--
	}
	if n > 0 {
		return n
	}
	for n = 1; n < len(shots) && shots[n].d.Event == shots[0].d.Event; n++ {
	}
	return n
}

// connectCrowd connects all it can at once. The others, by whole events, wait for the next part; where nobody got through, the first
// event is connected as any delivery is, and its failure counts.
func (r *runner) connectCrowd(shots []*shot) (connected, waiting []*shot) {
	ctx, cancel := context.WithTimeout(r.Hard, crowdDial)
	defer cancel()
	var wg sync.WaitGroup
	for _, s := range shots {
		wg.Go(func() { s.c, _ = s.place.pool.get(ctx) })
	}
	wg.Wait()
	for rest := shots; len(rest) > 0; {
		n := wholeEvents(rest, 0)
		if slices.ContainsFunc(rest[:n], func(s *shot) bool { return s.c == nil }) {
			waiting = append(waiting, rest[:n]...)
		} else {
			connected = append(connected, rest[:n]...)
		}
		rest = rest[n:]
	}
	for _, s := range waiting {
		if s.c != nil {
			s.place.pool.giveBack(s.c)
			s.c = nil
		}
	}
	if len(connected) == 0 {
		n := wholeEvents(shots, 0)
		connected, waiting = shots[:n], shots[n:]
		for _, s := range connected {
			s.c, s.failed = s.place.pool.get(r.Hard)
		}
	}
	if len(waiting) > 0 {
		r.crowd.narrow(len(connected))
	}
	for _, s := range connected {
		s.a.Start = r.clock.now()
	}
	return connected, waiting
}

// unblock closes idle connections now and then until done: an endpoint with a worker for each connection would keep other copies
// waiting for the workers that wait for us.
func (r *runner) unblock(done <-chan struct{}) {
	t := time.NewTicker(crowdWait)
	defer t.Stop()
	for {
		select {
		case <-done:
			return
		case <-t.C:
			r.places.everywhere((*pool).closeIdle)
		}
	}
}

// inWaves says that a dense gate lets all its copies go at once. Every fourth one does, for what shows under such a load only; the others
// are volleys, which find several times as much.
func inWaves(gate int) bool { return gate%4 == 0 }

// inTurn is the order in which a gate's copies are let go at once. The copies of an event stand side by side, as an endpoint needs it that
// hands out request by request. Waves have the first copy of every event before the second one of any: an endpoint that divides
// what waits among its processors by halves then works on both copies of an event at once.
func inTurn(gate int, shots []*shot) []*shot {
	if !inWaves(gate) {
		return shots
	}
	copies := map[string]int{}
	var waves [][]*shot
	for _, s := range shots {
		n := copies[s.d.Event]
		if copies[s.d.Event]++; n == len(waves) {
			waves = append(waves, nil)
		}
		waves[n] = append(waves[n], s)
	}
	return slices.Concat(waves...)
}
