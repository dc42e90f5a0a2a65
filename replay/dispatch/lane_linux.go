package dispatch

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"hookonce/replay"
)

const (
	// laneRead is how long an answer may be that a lane reads.
	laneRead = 4 << 10
	// burst is how many requests leave together. Answers are looked for in between, because one ends when it is read.
	burst = 8
	// laneSlow is how long making a request may take. What takes longer laneSlows times in a row, because of its signature or of bodies
	// on a slow disk, and not because something else had the processor, is better off with goroutines, on all processors.
	laneSlow  = 300 * time.Microsecond
	laneSlows = 64
	// laneIdle is how long it is enough that the epoll told nothing of an idle connection.
	laneIdle = time.Millisecond
)

// lane carries plain deliveries for which there is a connection: the run's loop writes their requests itself, and reads an answer as
// soon as an epoll tells that it came. With goroutines for each, it is mostly these being woken that costs. A lane waits for
// nothing: as soon as anything out of the ordinary comes, the delivery goes on in a goroutine. Only the run's loop uses it.
type lane struct {
	epoll *os.File
	raw   syscall.RawConn
	fd    int
	at    map[int32]*conn // by descriptor
	slow  map[string]int  // by provider, in a row
	under []*conn         // with a request under way
	next  time.Duration   // nobody's patience ends before it; 0 where nothing is under way

	done   int     // deliveries that ended since arrivals was asked
	over   []*shot // whose memory can be used again
	loaded []*shot // requests that are to leave together
	rooms  [burst][]byte
	events []unix.EpollEvent
	text   answerText

	asked      bool // the watch is to tell
	ask, tells chan struct{}
	ended      chan struct{}
}

// newLane returns nil where there can be none.
func newLane() *lane {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil
	}
	_ = unix.SetNonblock(fd, true) // then Go's poller takes it, which tells when there is something in it
	l := &lane{epoll: os.NewFile(uintptr(fd), "lane"), fd: fd, at: map[int32]*conn{}, slow: map[string]int{},
		events: make([]unix.EpollEvent, 128), text: newAnswerText(),
		ask: make(chan struct{}, 1), tells: make(chan struct{}, 1), ended: make(chan struct{})}
	if l.raw, err = l.epoll.SyscallConn(); err != nil {
		_ = l.epoll.Close()
		return nil
	}
	go l.watch()
	return l
}

// close ends the lane. Nothing may be under way.
func (l *lane) close() {
	if l == nil {
		return
	}
	close(l.ask)
	_ = l.epoll.Close()
	<-l.ended
}

// watch tells that something came, each time that it is asked to.
func (l *lane) watch() {
	defer close(l.ended)
	fds := []unix.PollFd{{Fd: int32(l.fd), Events: unix.POLLIN}}
	for range l.ask {
		if l.raw.Read(func(uintptr) bool { n, _ := unix.Poll(fds, 0); return n > 0 }) != nil {
			return
		}
		l.tells <- struct{}{}
	}
}

// came is where it is told that something came; nil where nothing is to come.
func (l *lane) came() <-chan struct{} {
	if l == nil || len(l.under) == 0 {
		return nil
	}
	if !l.asked {
		l.asked = true
		l.ask <- struct{}{}
	}
	return l.tells
}

// told is called when came told something: see arrivals.
func (l *lane) told(r *runner, to *schedule) (ended int) {
	l.asked = false
	return l.arrivals(r, to)
}

// patience is the nearer of two moments from now on: when somebody's patience may end, and in. 0 stands for never.
func (l *lane) patience(now, in time.Duration) time.Duration {
	if l == nil || l.next == 0 {
		return in
	}
	if left := max(1, l.next-now); in == 0 || left < in {
		return left
	}
	return in
}

// takes says whether a unit may go by the lane.
func (l *lane) takes(r *runner, u *unit) bool {
	d := &u.members[0]
	if l == nil || u.gate != 0 || d.HangUp != nil || d.Phase == replay.PhaseProcess || u.due > r.clock.now() {
		return false
	}
	e := r.events[d.Event]
	return len(e.Body)+roomForHead <= bigRequest && l.slow[e.Provider] < laneSlows
}

// begin begins a delivery, and says whether it did: false means that a goroutine has to. Its request leaves with release, at the latest.
func (l *lane) begin(r *runner, to *schedule, u *unit) bool {
	if !l.takes(r, u) {
		return false
	}
	c := r.places.of(u.members[0]).pool.alone()
	if c == nil {
		return false
	}
	s := r.shotIn(l.spare(), u, u.members[0])
	s.c = c
	s.a.Start = r.clock.now()
	m, ok := r.compose(s)
	if !ok {
		r.report(s)
		return true
	}
	room := &l.rooms[len(l.loaded)]
	*room = s.pack(m, *room)
	l.loaded = append(l.loaded, s)
	l.timed(s.e.Provider, r.clock.now()-s.a.Start)
	if len(l.loaded) == burst {
		l.release(r, to)
	}
	return true
}

// release sends what is loaded. Requests leave together because the first of them wakes the endpoint, which costs as much as the
// rest of a write: one by one, they would all do.
func (l *lane) release(r *runner, to *schedule) {
	if l == nil || len(l.loaded) == 0 {
		return
	}
	l.look(r, to) // what has been closed meanwhile is not to be written to
	for _, s := range l.loaded {
		l.send(r, s)
	}
	clear(l.loaded)
	l.loaded = l.loaded[:0]
}

// timed keeps in mind how long making a request took.
func (l *lane) timed(provider string, took time.Duration) {
	switch n := l.slow[provider]; {
	case took > laneSlow:
		l.slow[provider] = n + 1
	case n > 0:
		l.slow[provider] = 0
	}
}

// send writes the request. The other side may have closed the connection; that is looked for first.
func (l *lane) send(r *runner, s *shot) {
	tcp := s.c.net.(*stamped)
	if s.a.Start = r.clock.now(); !l.quiet(s.c, s.a.Start) {
		l.hand(r, s, r.resend)
		return
	}
	if len(s.req) > bigRequest || !l.knows(s.c, tcp) {
		s.place.pool.attend(s.c)
		l.hand(r, s, r.send)
		return
	}
	sent, err := tcp.writeNow(s.req)
	switch {
	case err != nil:
		l.hand(r, s, r.resend)
	case sent < len(s.req):
		s.c.state.Store(pending)
		s.c.deadline(r.patience(s.e))
		s.place.pool.attend(s.c)
		l.hand(r, s, func(s *shot) { r.sendRest(s, sent) })
	default:
		s.a.LastByte = r.clock.now()
		l.await(s, s.a.Start+r.patience(s.e))
	}
}

// quiet says that nothing came on an idle connection. Of one that was idle for a moment only it is known without a look.
func (l *lane) quiet(c *conn, now time.Duration) bool {
	if c.ride.known && !c.ride.stirred && now-c.since < laneIdle {
		return true
	}
	c.ride.stirred = false
	return quiet(c.tcp)
}

// hand has a goroutine go on with a delivery.
func (l *lane) hand(r *runner, s *shot, do func(*shot)) {
	s.req = bytes.Clone(s.req)
	r.hands.do(func() {
		do(s)
		r.report(s)
	})
}

// knows sees to it that the lane is told of what comes on the connection. It is told of each arrival once and never
// reminded: what comes while somebody else has the connection is nothing to it.
func (l *lane) knows(c *conn, tcp *stamped) bool {
	if c.ride.known {
		return true
	}
	err := tcp.raw.Control(func(fd uintptr) {
		e := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)}
		if c.ride.known = unix.EpollCtl(l.fd, unix.EPOLL_CTL_ADD, int(fd), &e) == nil; c.ride.known {
			l.at[e.Fd] = c
		}
	})
	return err == nil && c.ride.known
}

func (l *lane) await(s *shot, until time.Duration) {
	s.req = nil // its room is for others
	s.c.state.Store(pending)
	s.c.ride.shot, s.c.ride.until, s.c.ride.place = s, until, len(l.under)
	l.under = append(l.under, s.c)
	if l.next == 0 || until < l.next {
		l.next = until
	}
}

// off takes the connection's delivery off the lane.
func (l *lane) off(c *conn) *shot {
	s, last := c.ride.shot, len(l.under)-1
	l.under[c.ride.place] = l.under[last]
	l.under[c.ride.place].ride.place = c.ride.place
	l.under[last], c.ride.shot = nil, nil
	if l.under = l.under[:last]; last == 0 {
		l.next = 0
	}
	return s
}

// arrivals takes the answers that came, and says how many deliveries ended since it was called last.
func (l *lane) arrivals(r *runner, to *schedule) int {
	if l == nil {
		return 0
	}
	if len(l.under) > 0 {
		l.look(r, to)
		l.lapse(r, to)
	}
	ended := l.done
	l.done = 0
	return ended
}

// landed says that deliveries ended, and arrivals was not asked since.
func (l *lane) landed() bool { return l != nil && l.done > 0 }

// look takes the answers that came.
func (l *lane) look(r *runner, to *schedule) {
	n, _ := unix.EpollWait(l.fd, l.events, 0)
	for _, e := range l.events[:max(n, 0)] {
		if c := l.at[e.Fd]; c.ride.shot == nil {
			c.ride.stirred = true
		} else {
			l.take(r, to, c)
		}
	}
}

// take reads what came. What is not a whole answer is for a goroutine to look at.
func (l *lane) take(r *runner, to *schedule, c *conn) {
	n, err := c.net.(*stamped).readNow(l.text.room)
	if err == syscall.EAGAIN {
		return
	}
	ans, whole := l.text.answer(n)
	if err != nil || !whole {
		l.leave(r, c, &resumed{bytes.Clone(l.text.room[:n]), err, c.net})
		return
	}
	ans.first = cameIn(c.tcp, c.now)
	ans.end = c.now()
	l.end(r, to, c, ans)
}

func (l *lane) end(r *runner, to *schedule, c *conn, ans answer) {
	s := l.off(c)
	c.state.Store(answering)
	r.fill(s, ans, false)
	r.conclude(to, r.ending(s))
	l.over = append(l.over, s)
	l.done++
}

// spare is memory for a shot.
func (l *lane) spare() *shot {
	n := len(l.over) - 1
	if n < 0 {
		return new(shot)
	}
	s := l.over[n]
	l.over = l.over[:n]
	return s
}

// lapse ends what waited too long.
func (l *lane) lapse(r *runner, to *schedule) {
	now := r.clock.now()
	if l.next == 0 || now < l.next {
		return
	}
	l.next = 0
	for i := len(l.under) - 1; i >= 0; i-- {
		if c := l.under[i]; c.ride.until <= now {
			l.end(r, to, c, answer{first: now, end: now, silent: true, err: os.ErrDeadlineExceeded})
		} else if l.next == 0 || c.ride.until < l.next {
			l.next = c.ride.until
		}
	}
}

// leave gives the delivery to a goroutine, which reads its answer from what is given.
func (l *lane) leave(r *runner, c *conn, from *resumed) {
	c.deadline(c.ride.until - r.clock.now())
	s := l.off(c)
	c.br.Reset(from)
	s.place.pool.attend(c)
	l.hand(r, s, func(s *shot) {
		ans, hung := r.await(s)
		r.fill(s, ans, hung)
	})
}

// abort gives all to goroutines, when the connections were closed: nothing would be told of them any more.
func (l *lane) abort(r *runner) {
	for l != nil && len(l.under) > 0 {
		c := l.under[0]
		l.leave(r, c, &resumed{on: c.net})
	}
}

// resumed reads on where somebody else has read already.
type resumed struct {
	text []byte
	err  error // which came after the text
	on   io.Reader
}

func (r *resumed) Read(p []byte) (int, error) {
	if len(r.text) > 0 {
		n := copy(p, r.text)
		r.text = r.text[n:]
		return n, nil
	}
	if r.err != nil {
		return 0, r.err
	}
	return r.on.Read(p)
}

// answerText reads answers that are there as a whole.
type answerText struct {
	room []byte
	text bytes.Reader
	br   *bufio.Reader
	body body
	last string // the body before: most are alike
}

func newAnswerText() answerText {
	return answerText{room: make([]byte, laneRead), br: bufio.NewReaderSize(nil, laneRead)}
}

// answer reads an answer of n bytes that leaves its connection whole. It says false of all others.
func (t *answerText) answer(n int) (a answer, whole bool) {
	t.text.Reset(t.room[:n])
	t.br.Reset(&t.text)
	var err error
	if a.head, err = readHead(t.br, time.Now()); err != nil || a.interim() || !a.delimited() {
		return a, false
	}
	t.body = body{kept: t.body.kept[:0]}
	if t.body.readFrom(t.br, a.head) != nil || t.br.Buffered()+t.text.Len() > 0 {
		return a, false
	}
	if string(t.body.kept) != t.last {
		t.last = string(t.body.kept)
	}
	a.body, a.truncated, a.keep = t.last, t.body.truncated(), !a.close
	return a, true
}
