package dispatch

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// minSettle is how long a gate's copies are given to arrive, but for their last bytes, and to be read.
	minSettle = time.Millisecond
	// maxSettle bounds that for endpoints far away, which get two round trips.
	maxSettle = 50 * time.Millisecond
)

// race is the life of a gate: all copies but their last bytes are sent, then the last bytes go out together.
func (r *runner) race(u *unit) {
	shots := make([]*shot, len(u.members))
	for i, d := range u.members {
		shots[i] = r.shot(u, d)
	}
	if !r.connectAll(shots) {
		for range shots {
			r.ended <- ending{unit: u}
		}
		return
	}
	r.openGate(u.gate, r.load(shots))
}

// connectAll waits for the gate's due time with all connections in hand. Copies that lag behind come first: an endpoint with one worker then
// waits for the rest of one of them, and is known by that.
func (r *runner) connectAll(shots []*shot) bool {
	var wg sync.WaitGroup
	begun := make([]bool, len(shots))
	for _, lags := range []bool{true, false} {
		for i, s := range shots {
			if (s.d.Lag != nil) == lags {
				wg.Go(func() { begun[i] = r.connect(s) })
			}
		}
		wg.Wait()
	}
	all := true
	for _, b := range begun {
		all = all && b
	}
	if all {
		return true
	}
	for i, s := range shots {
		// The run was stopped while some already had begun to wait: the gate stays shut as a whole.
		if begun[i] && s.c != nil {
			s.place.pool.giveBack(s.c)
		}
	}
	return false
}

// load sends all copies but for their last bytes and lets them arrive. It returns those that are ready.
func (r *runner) load(shots []*shot) []*shot {
	ready := make([]*shot, 0, len(shots))
	for _, s := range shots {
		if r.sign(s) && r.push(s, len(s.req)-1) {
			ready = append(ready, s)
			continue
		}
		r.report(s)
	}
	r.settle(ready)
	return r.reload(ready)
}

func (r *runner) settle(shots []*shot) {
	d := minSettle
	for _, s := range shots {
		d = max(d, min(2*s.c.rtt, maxSettle))
	}
	pause(r.Hard, d)
}

// reload sends those copies again, on new connections, whose kept connection the endpoint closed meanwhile.
// Without its last byte nobody can have acted on the request.
func (r *runner) reload(shots []*shot) []*shot {
	ready, again := shots[:0], false
	for _, s := range shots {
		select {
		case ans := <-s.c.answers:
			if !ans.silent || !s.c.used {
				s.early = &ans
				break
			}
			if again = true; !r.redial(s) || !r.push(s, len(s.req)-1) {
				r.report(s)
				continue
			}
		default:
		}
		ready = append(ready, s)
	}
	if again {
		r.settle(ready)
	}
	return ready
}

// lag sends the last byte of a copy that lags behind the others.
func (r *runner) lag(s *shot, released time.Duration) {
	if s.d.Lag == nil || s.early != nil {
		return
	}
	late := time.Duration(*s.d.Lag * float64(r.typical.of(s.e.Type)))
	r.clock.exactly(released+late, func() bool { return r.Hard.Err() != nil || len(s.c.answers) > 0 })
	s.c.deadline(r.patience(s.e))
	s.letGo(r.clock.now)
}

// openGate releases the copies and takes their answers, until all have one.
func (r *runner) openGate(gate int, shots []*shot) { <-r.letLoose(gate, shots) }

// letLoose releases the copies and takes their answers; what it returns is closed once all have one. Copies that lag behind follow by
// themselves.
func (r *runner) letLoose(gate int, shots []*shot) (answered <-chan struct{}) {
	loaded := make([]*shot, 0, len(shots))
	for _, s := range shots {
		if s.early == nil {
			s.c.deadline(r.patience(s.e))
			if s.d.Lag == nil {
				loaded = append(loaded, s)
			}
		}
	}
	r.releaseOf(gate)(r.clock.now, inTurn(gate, loaded))
	released := r.clock.now()
	done := make(chan struct{})
	if len(shots) == 0 {
		close(done)
		return done
	}
	var left atomic.Int32
	left.Store(int32(len(shots)))
	for _, s := range shots {
		go func() {
			r.lag(s, released)
			ans, hung := r.await(s)
			r.fill(s, ans, hung)
			r.report(s)
			if left.Add(-1) == 0 {
				close(done)
			}
		}()
	}
	return done
}
