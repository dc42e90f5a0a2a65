package dispatch

import (
	"fmt"
	"time"
)

// length is how much of the request is sent: all of it, or the headers, which promise the whole
// body, and a share of the body. At least the last byte then stays behind.
func (s *shot) length() int {
	if s.d.HangUp == nil || s.d.HangUp.Body == nil {
		return len(s.req)
	}
	body := float64(len(s.req) - s.bare)
	return min(s.bare+int(*s.d.HangUp.Body*body), len(s.req)-1)
}

// await takes the answer, or hangs up before it where the delivery says so.
func (r *runner) await(s *shot) (ans answer, hung bool) {
	h := s.d.HangUp
	switch {
	case s.early != nil:
		return *s.early, false
	case h != nil && h.Body != nil && s.c.hangUp():
		s.a.HangUpAt = r.clock.now() - s.a.Start
		return answer{}, true
	case h == nil || h.Latency == nil || s.a.LastByte == 0:
		return <-s.c.answers, false
	}
	s.a.HangUpAt = time.Duration(*h.Latency * float64(r.typical.of(s.e.Type)))
	return r.hangUpAt(s.c, s.a.LastByte+s.a.HangUpAt)
}

// hungUp says when the sender hung up.
func (s *shot) hungUp() string {
	if s.d.HangUp.Body != nil {
		return fmt.Sprintf("hung up after %d of %d bytes of the body", max(0, s.length()-s.bare), len(s.req)-s.bare)
	}
	return fmt.Sprintf("hung up %s after the last byte", s.a.HangUpAt)
}

// hangUpAt closes the connection at the moment, unless an answer begins before it.
func (r *runner) hangUpAt(c *conn, moment time.Duration) (ans answer, hung bool) {
	if left := moment - r.clock.now() - coarse; left > 0 {
		t := time.NewTimer(left)
		defer t.Stop()
		select {
		case ans := <-c.answers:
			return ans, false
		case <-t.C:
		}
	}
	// Shares of a fast handler's latency are shorter than any timer.
	r.clock.exactly(moment, func() bool { return c.state.Load() != pending })
	for !c.hangUp() {
		// An interim answer is being read, or the final one has begun.
		select {
		case ans := <-c.answers:
			return ans, false
		case <-time.After(time.Millisecond):
		}
	}
	return answer{}, true
}
