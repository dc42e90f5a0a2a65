package proxy

import (
	"io"
	"sync"
	"sync/atomic"

	"hookonce/replay"
)

// session is one connection of a client and the one to the server it was given. As long as it is plain, the proxy's loop
// passes on what comes. Then one goroutine passes commands up, another passes replies down; a fault that ends the session
// closes both connections, which ends them.
type session struct {
	p              *Proxy
	client, server io.ReadWriteCloser
	label          string
	number         int

	closing sync.Once
	closed  chan struct{}
	resp3   atomic.Bool
	down    sync.Mutex // held while something is written to the client

	mu       sync.Mutex
	idle     sync.Cond // nothing is pending, or nothing is paired any more
	pending  []pending
	taken    int  // of pending
	busy     bool // a reply is being passed on
	unpaired bool // replies are no longer told apart: the connection is subscribed, or monitors
	looped   bool // in the loop, which alone uses the connections

	// Only who passes commands up uses these.
	rest    []byte // of what the client sent: a command that is not whole, or was not to be handled in the loop
	need    int    // what it takes to be whole
	owedUp  []byte // what the loop could not send at once
	cmd     command
	db      string
	inTx    bool
	txError bool    // a command of the transaction was answered with an error
	late    pending // one of the transaction whose fault strikes at its end; its fault is nil where there is none

	// Only who passes replies down uses these.
	owedDown []byte
	back     downward
}

// pending is a command whose reply is still to come.
type pending struct {
	record *replay.Command // nil where it is not written down
	fault  *Fault          // to strike at the reply
	event  string
	// instead is answered in place of the reply; nil for the reply itself.
	instead  []byte
	protocol bool // the reply says which version of RESP is spoken from then on
	// last says that no reply after this one can be told apart.
	last bool
}

func newSession(p *Proxy, client, server io.ReadWriteCloser, label string) *session {
	s := &session{p: p, client: client, server: server, label: label, closed: make(chan struct{}), db: "0"}
	s.idle.L, s.back.s = &s.mu, s
	return s
}

func (s *session) run() {
	s.plain()
	var both sync.WaitGroup
	both.Go(func() {
		s.upwards()
		s.endUp()
	})
	both.Go(func() {
		s.downwards()
		s.close()
	})
	both.Wait()
	s.close()
	for _, w := range s.pending[s.taken:] {
		s.tell(w.record)
	}
}

// endUp ends the way up. What the client sent before it went is still carried out, as it would be without a proxy.
func (s *session) endUp() {
	select {
	case <-s.closed:
		return
	default:
	}
	if half, can := s.server.(interface{ CloseWrite() error }); can && half.CloseWrite() == nil {
		return // the server closes its side once it has read everything
	}
	s.close()
}

// close ends the session.
func (s *session) close() {
	s.closing.Do(func() {
		close(s.closed)
		s.mu.Lock()
		looped := s.looped
		s.mu.Unlock()
		if !looped { // else it leaves the loop first
			s.hangUp()
		}
		s.unpair()
	})
}

// unpair gives up telling replies apart.
func (s *session) unpair() {
	s.mu.Lock()
	s.unpaired = true
	s.idle.Broadcast()
	s.mu.Unlock()
}

func (s *session) hangUp() {
	_ = s.client.Close()
	_ = s.server.Close()
}

// maxTaken is how many answered commands may stand before those that wait.
const maxTaken = 1024

// expect puts a command in line for its reply.
func (s *session) expect(w pending) {
	s.mu.Lock()
	if !s.unpaired {
		if s.taken > maxTaken { // a long pipeline never stands still
			s.pending, s.taken = append(s.pending[:0], s.pending[s.taken:]...), 0
		}
		s.pending = append(s.pending, w)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	s.tell(w.record)
}

// answered takes the command off whose reply begins; ok is false for what is no reply to a command.
func (s *session) answered() (w pending, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unpaired || s.taken == len(s.pending) {
		return w, false
	}
	w, s.busy = s.pending[s.taken], true
	s.pending[s.taken] = pending{}
	if s.taken++; s.taken == len(s.pending) {
		s.pending, s.taken = s.pending[:0], 0
	}
	if w.last {
		s.unpaired = true
		s.idle.Broadcast()
	}
	return w, true
}

// ended wakes whoever waits for all replies to be passed on.
func (s *session) ended() {
	s.mu.Lock()
	s.busy = false
	if s.taken == len(s.pending) {
		s.idle.Broadcast()
	}
	s.mu.Unlock()
}

// drain waits until all replies have come that are due.
func (s *session) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for (s.busy || s.taken < len(s.pending)) && !s.unpaired {
		s.idle.Wait()
	}
}

func (s *session) write(b []byte) error {
	s.down.Lock()
	defer s.down.Unlock()
	_, err := s.client.Write(b)
	return err
}

func (s *session) tell(c *replay.Command) {
	if c != nil && s.p.o.OnCommand != nil {
		s.p.o.OnCommand(*c)
	}
}
