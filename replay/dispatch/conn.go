package dispatch

import (
	"bufio"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// The states of a connection. Who moves it out of pending (its reader by the answer's
// first byte, or the sender by hanging up) decides which of the two came first.
const (
	idle      int32 = iota // no request is under way
	pending                // a request is being sent, or waits for its answer
	answering              // the answer's first byte was read
	hungUp                 // the sender closed it before that
	dead                   // the other side closed it, or spoke unasked, while it was idle
	dismissed              // it is idle, and its reader is to go
)

// bigRequest is the size from which a write may block on an endpoint that does not read.
const bigRequest = 32 << 10

// ride is a connection's place in a lane.
type ride struct {
	known   bool  // the lane is told of what comes
	stirred bool  // something came while nothing was under way, or while somebody else had it
	shot    *shot // under way
	until   time.Duration
	place   int
}

// answer is what came back for one request.
type answer struct {
	head
	body      string
	truncated bool
	first     time.Duration // the first byte of the final answer, or of the failure to read one
	end       time.Duration
	keep      bool // the connection can take another request
	silent    bool // err came before any byte
	err       error
}

// conn is one connection. Its reader is always blocked in a read, so that the
// first byte of an answer, and the end of an idle connection, are noticed when they come; but where a lane
// reads from it, or did so last.
type conn struct {
	net      net.Conn // what is written to and read from
	tcp      net.Conn // the connection beneath TLS, or the same
	br       *bufio.Reader
	now      func() time.Duration
	state    atomic.Int32
	early    atomic.Bool // an answer that is complete now came before the request was
	answers  chan answer
	gone     chan struct{} // closed when the reader has ended
	attended bool          // it has a reader
	ride     ride          // in a lane
	rtt      time.Duration // how long the TCP connection took
	used     bool          // it carried a request before
	room     []byte        // for requests: who has the connection has it
	since    time.Duration // idle since
}

func newConn(c, tcp net.Conn, now func() time.Duration, took time.Duration) *conn {
	return &conn{net: c, tcp: tcp, br: bufio.NewReader(c), now: now, rtt: took, answers: make(chan answer, 1)}
}

// begin claims the connection for a request that must be over within d. It fails when the other side has gone.
func (c *conn) begin(d time.Duration) bool {
	if !c.state.CompareAndSwap(idle, pending) {
		return false
	}
	c.deadline(d)
	return true
}

// deadline bounds what is read and written to d from now.
func (c *conn) deadline(d time.Duration) {
	// It only fails on a closed connection, which the next read or write tells.
	_ = c.net.SetDeadline(time.Now().Add(d))
}

// finish makes the connection idle again, if the answer left it whole.
func (c *conn) finish() bool {
	c.used, c.since = true, c.now()
	if cap(c.room) > bigRequest {
		c.room = nil // what one request needed is not kept for all
	}
	return c.state.CompareAndSwap(answering, idle)
}

// hangUp closes the connection unless an answer has begun, and says whether it did. The
// close is a plain one of the TCP connection (no TLS farewell, no reset): the endpoint reads everything
// sent, then the end of the stream, and whatever it still writes is answered with a reset.
func (c *conn) hangUp() bool {
	if !c.state.CompareAndSwap(pending, hungUp) {
		return false
	}
	c.close()
	return true
}

func (c *conn) close() { _ = c.tcp.Close() }

// write sends the bytes of a request up to its end, or to the last byte that is kept back.
func (c *conn) write(b []byte) (int, error) {
	if len(b) <= bigRequest {
		return c.net.Write(b)
	}
	// All but the tail is sent interruptibly: an endpoint may refuse a large body without reading it.
	cut := len(b) - bigRequest
	c.early.Store(true)
	n, err := c.net.Write(b[:cut])
	c.early.Store(false)
	if err != nil {
		return n, err
	}
	m, err := c.net.Write(b[cut:])
	return n + m, err
}

// read is the reader's goroutine: it serves answers until the connection is of no more use, or it is dismissed.
func (c *conn) read() {
	defer close(c.gone)
	for {
		a, asked := c.readAnswer()
		if !asked {
			if !errors.Is(a.err, os.ErrDeadlineExceeded) || c.state.Load() != dismissed {
				c.state.CompareAndSwap(dismissed, dead)
				c.close()
			}
			return
		}
		if c.early.Load() {
			a.keep = false
			_ = c.net.SetWriteDeadline(time.Now())
		}
		c.answers <- a
		if !a.keep {
			c.close()
			return
		}
	}
}

// dismiss sends the reader of an idle connection away: who has the connection reads by itself. It says false where the other side has gone.
func (c *conn) dismiss() bool {
	if !c.attended {
		return true
	}
	if !c.state.CompareAndSwap(idle, dismissed) {
		return false
	}
	_ = c.net.SetReadDeadline(time.Unix(1, 0))
	<-c.gone
	c.attended = false
	_ = c.net.SetDeadline(time.Time{})
	return c.state.CompareAndSwap(dismissed, idle)
}

// readAnswer waits for an answer and reads it whole. It says false when what came was nobody's answer.
func (c *conn) readAnswer() (a answer, asked bool) {
	for range maxInterim {
		_, err := c.br.Peek(1)
		a.first = c.now()
		if !c.asked() {
			a.err = err
			return a, false
		}
		if a.silent = err != nil; !a.silent {
			a.first = cameIn(c.tcp, c.now)
			a.head, err = readHead(c.br, time.Now())
		}
		if err != nil {
			a.err, a.end = err, c.now()
			return a, true
		}
		if !a.interim() {
			c.readBody(&a)
			return a, true
		}
		c.state.CompareAndSwap(answering, pending)
	}
	a.head = head{}
	a.err, a.end = malformed("more than %d interim answers", maxInterim), c.now()
	return a, true
}

// asked claims what came for the request under way. Where there is none, it is nobody's, and the connection is dead.
func (c *conn) asked() bool {
	for {
		switch is := c.state.Load(); is {
		case pending:
			if c.state.CompareAndSwap(is, answering) {
				return true
			}
		case idle, answering:
			if c.state.CompareAndSwap(is, dead) {
				return false
			}
		default:
			return false
		}
	}
}

// maxWaited is what a reader can have been late; a greater difference is one of clocks that were set.
const maxWaited = time.Second

// unheld is how long reading two clocks one after the other takes a reader who is not held up in between.
const unheld = 20 * time.Microsecond

// cameIn is when what was just read came in. Who is held up between reading the run's clock and the kernel's would find it came in that
// much earlier, and tries again.
func cameIn(tcp net.Conn, now func() time.Duration) time.Duration {
	for tries := 0; ; tries++ {
		at := now()
		waited := waitedSince(tcp)
		if now()-at < unheld || tries == maxTries {
			return at - waited
		}
	}
}

// maxTries bounds it: a machine on which nobody goes on for that long measures nothing.
const maxTries = 10

// waitedSince is how long ago what was just read came in, as far as the kernel says so. Of an answer that came
// in several parts before it was read, it tells the last part.
func waitedSince(tcp net.Conn) time.Duration {
	at := arrived(tcp)
	if at.IsZero() {
		return 0
	}
	if d := time.Since(at); d > 0 && d < maxWaited {
		return d
	}
	return 0
}

func (c *conn) readBody(a *answer) {
	var b body
	a.err = b.readFrom(c.br, a.head)
	a.end = c.now()
	a.body, a.truncated = string(b.kept), b.truncated()
	a.keep = a.err == nil && !a.close && !b.enough && a.delimited()
}
