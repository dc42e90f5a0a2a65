package proxy

import (
	"runtime"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loop passes on what is plain: one goroutine for half of all sessions, with an epoll of its own. With two goroutines for each
// session it is mostly these being woken that costs, where client, proxy and server share the processors. It
// never waits for one session, and knows no faults: a session leaves it as soon as anything out of the ordinary comes.
type loop struct {
	once  sync.Once
	epoll int
	bell  int  // an eventfd: somebody asks for something
	runs  bool // there could be one
	over  chan struct{}

	mu     sync.Mutex
	asked  []ask
	ending bool

	// Only its goroutine uses these.
	at  []end  // by descriptor
	buf []byte // what is read goes here first
}

// seat is a session in the loop.
type seat struct {
	s              *session
	client, server *wire
	taken          bool
	left           chan struct{} // closed when the loop is done with it
}

// end is one of a seat's two connections.
type end struct {
	of *seat
	up bool // the client's
}

// ask is for a session to be taken, or to leave.
type ask struct {
	of    *seat
	leave bool
}

// started says whether sessions can be taken.
func (l *loop) started() bool {
	l.once.Do(func() {
		if l.runs = l.open() == nil; l.runs {
			l.over = make(chan struct{})
			go l.run()
		}
	})
	return l.runs
}

func (l *loop) open() (err error) {
	if l.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if l.bell, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		_ = unix.Close(l.epoll)
		return err
	}
	if err = l.watch(l.bell); err != nil {
		_, _ = unix.Close(l.epoll), unix.Close(l.bell)
	}
	return err
}

func (l *loop) watch(fd int) error {
	return unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// end ends it. No session may be in it any more.
func (l *loop) end() {
	l.once.Do(func() {}) // it never starts from now on
	if !l.runs {
		return
	}
	l.mu.Lock()
	if !l.ending { // else it has no bell any more
		l.ending = true
		l.ring()
	}
	l.mu.Unlock()
	<-l.over
}

func (l *loop) ask(of *seat, leave bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, ask{of, leave})
	l.ring()
}

func (l *loop) ring() { _, _ = unix.Write(l.bell, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (l *loop) run() {
	defer func() {
		_, _ = unix.Close(l.epoll), unix.Close(l.bell)
		close(l.over)
	}()
	runtime.LockOSThread() // it wakes up on the thread it slept on: that halves what a lone client waits longer
	l.buf = make([]byte, readSize)
	events := make([]unix.EpollEvent, 256)
	for {
		for _, e := range events[:l.wait(events)] {
			if int(e.Fd) != l.bell {
				l.pass(e)
			} else if l.answer() {
				return
			}
		}
	}
}

// wait waits for something to do. It holds no processor of the scheduler's meanwhile; where there is something already, the scheduler is not told
// at all, whose watchman would otherwise run after every such call.
func (l *loop) wait(events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno == 0 && n > 0 {
		return int(n)
	}
	waited, _ := unix.EpollWait(l.epoll, events, -1)
	return max(waited, 0)
}

// answer does what is asked, and says whether that is to end.
func (l *loop) answer() (ending bool) {
	var sink [8]byte
	_, _ = unix.Read(l.bell, sink[:])
	l.mu.Lock()
	asked, ending := l.asked, l.ending
	l.asked = nil
	l.mu.Unlock()
	for _, a := range asked {
		if !a.leave {
			l.take(a.of)
		} else if a.of.taken {
			l.leave(a.of)
		}
	}
	return ending
}

func (l *loop) take(x *seat) {
	x.taken = true
	for _, e := range []struct {
		fd int
		up bool
	}{{x.client.fd, true}, {x.server.fd, false}} {
		for len(l.at) <= e.fd {
			l.at = append(l.at, end{})
		}
		l.at[e.fd] = end{x, e.up}
		if l.watch(e.fd) != nil {
			l.leave(x)
			return
		}
	}
}

// leave gives the session back to its goroutine.
func (l *loop) leave(x *seat) {
	for _, fd := range []int{x.client.fd, x.server.fd} {
		_ = unix.EpollCtl(l.epoll, unix.EPOLL_CTL_DEL, fd, nil)
		if fd < len(l.at) {
			l.at[fd] = end{}
		}
	}
	x.taken = false
	close(x.left)
}

// pass passes on what has come. An event may be that of a connection that has left meanwhile.
func (l *loop) pass(e unix.EpollEvent) {
	at := l.at[e.Fd]
	switch {
	case at.of == nil:
	case at.up && !l.up(at.of), !at.up && !l.down(at.of):
		l.leave(at.of)
	}
}

// up passes commands on, and says whether the session stays.
func (l *loop) up(x *seat) bool {
	s, buf := x.s, l.buf[:0]
	if len(s.rest) > 0 {
		buf = s.room()
	}
	n, err := x.client.Read(buf[len(buf):cap(buf)])
	if err != nil {
		return err == syscall.EAGAIN
	}
	buf = buf[:len(buf)+n]
	if len(buf) < s.need {
		s.rest = buf
		return true
	}
	rest, need, err := s.passOn(buf)
	s.rest, s.need = append(s.rest[:0], rest...), need
	return err == nil && len(x.server.owed) == 0
}

// down passes replies on, and says whether the session stays.
func (l *loop) down(x *seat) bool {
	n, err := x.server.Read(l.buf)
	if err != nil {
		return err == syscall.EAGAIN
	}
	return x.s.back.take(l.buf[:n]) == nil && !x.s.back.raw && len(x.client.owed) == 0
}
