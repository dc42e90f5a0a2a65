package tcp

import "time"

// Kind says what goes wrong.
type Kind string

// The kinds of faults.
const (
	// Slow passes every request on after Fault.For.
	Slow Kind = "slow"
	// Cut closes the connection when half of what has come of the request has been passed on.
	Cut Kind = "cut"
	// Lost passes the request on, and closes the connection when the server answers it.
	Lost Kind = "lost"
)

// Fault is a misfortune of the delivery under way.
type Fault struct {
	Kind Kind // "" for none
	// Request is the one that is struck, from 1, of those that come during the delivery, over all connections. A Slow strikes them all.
	Request int
	// For is how long a Slow delays.
	For time.Duration
}

// Strike is a fault that took place.
type Strike struct {
	Kind    Kind
	Request int
	// Bytes is how many the server had been passed of the delivery's requests.
	Bytes int
}

// round is one delivery, as far as the proxy sees it.
type round struct {
	fault    Fault
	requests int
	bytes    int
	struck   bool
}

// Begin says that a delivery is under way from now on, and puts its fault in place.
func (p *Proxy) Begin(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.round.fault = f
}

// End takes the fault out, and returns how many requests came since Begin and were answered. Some messages never are: MySQL's that closes a statement follows
// the last reply, sooner or later, and would make the number depend on that.
func (p *Proxy) End() (requests int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests = p.round.requests
	for s := range p.sessions {
		if s.asking {
			requests--
		}
	}
	p.clear()
	return requests
}

// clear ends the round. What was not answered is no part of the next one's first request.
func (p *Proxy) clear() {
	p.round = round{}
	for s := range p.sessions {
		s.asking, s.doomed = false, false
	}
}

// verdict is what becomes of bytes that a client sent.
type verdict struct {
	delay  time.Duration
	cut    bool // after this many of them
	passed int
	strike *Strike
}

// up counts bytes on their way to the server, and decides.
func (p *Proxy) up(s *session, n int) verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, begins := &p.round, !s.asking
	if begins {
		s.asking = true
		r.requests++
	}
	v := verdict{passed: n}
	if begins && !r.struck && r.fault.Kind != "" && r.requests == r.fault.Request {
		switch r.fault.Kind {
		case Cut:
			v.cut, v.passed = true, n/2
			v.strike = r.strikes(v.passed)
			s.asking = false // no answer is to come; it counts, whenever the connection is gone
		case Lost:
			s.doomed, s.request = true, r.requests
		}
	}
	if begins && r.fault.Kind == Slow {
		v.delay = r.fault.For
		if !r.struck {
			v.strike = r.strikes(0)
		}
	}
	r.bytes += v.passed
	return v
}

// down notes that the server says something, and whether the client is to hear it.
func (p *Proxy) down(s *session) verdict {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.asking = false
	if !s.doomed {
		return verdict{}
	}
	s.doomed = false
	v := verdict{cut: true, strike: p.round.strikes(0)}
	v.strike.Request = s.request
	return v
}

// strikes notes that the fault takes place, with more bytes passed on than were counted.
func (r *round) strikes(more int) *Strike {
	r.struck = true
	return &Strike{r.fault.Kind, r.requests, r.bytes + more}
}

func (p *Proxy) tell(s *Strike) {
	if s != nil && p.o.OnStrike != nil {
		p.o.OnStrike(*s)
	}
}
