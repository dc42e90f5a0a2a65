package tcp

import (
	"net"
	"sync"
	"time"
)

// readSize is how much is read at once.
const readSize = 32 << 10

// session is one connection of a client and the one to the server it was given.
type session struct {
	p              *Proxy
	client, server net.Conn
	closing        sync.Once
	closed         chan struct{}

	// The proxy's lock is held for these.
	asking  bool // a request has begun that the server has not answered
	doomed  bool // its reply is to be lost
	request int  // which one that is
}

func (s *session) run() {
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
}

// upwards passes on what the client sends, until it ends or a fault ends it.
func (s *session) upwards() {
	buf := make([]byte, readSize)
	for {
		n, err := s.client.Read(buf)
		if n > 0 {
			v := s.p.up(s, n)
			s.p.tell(v.strike)
			s.wait(v.delay)
			if _, err := s.server.Write(buf[:v.passed]); err != nil || v.cut {
				s.close()
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// downwards passes on what the server answers.
func (s *session) downwards() {
	buf := make([]byte, readSize)
	for {
		n, err := s.server.Read(buf)
		if n > 0 {
			v := s.p.down(s)
			s.p.tell(v.strike)
			if v.cut {
				return
			}
			if _, err := s.client.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (s *session) wait(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-s.closed:
	}
}

// endUp ends the way up. What the client sent before it went still reaches the server, as it would without a proxy.
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
		_ = s.client.Close()
		_ = s.server.Close()
	})
}
