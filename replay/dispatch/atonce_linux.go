package dispatch

import (
	"io"
	"net"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// atOnce is what a stamped connection needs to be read from and written to by who does not wait.
type atOnce struct {
	send, look func(fd uintptr) bool
	reads      bool
	out        []byte
	n          int
	errno      syscall.Errno
}

// readsNow says whether the connection can be used by who does not wait.
func readsNow(c net.Conn) bool {
	_, ok := c.(*stamped)
	return ok
}

// writeNow is writeNow of a connection of which readsNow said yes.
func writeNow(c net.Conn, b []byte) (int, error) { return c.(*stamped).writeNow(b) }

// readNow is Read for who does not wait; its error is EAGAIN where there is nothing.
func (s *stamped) readNow(p []byte) (int, error) {
	s.into, s.atOnce.reads = p, true
	err := s.raw.Read(s.recv)
	s.atOnce.reads = false
	switch {
	case err != nil:
		return 0, err
	case s.err != nil:
		return 0, s.err
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

// writeNow writes what can be written without waiting; 0 and no error says that this is nothing.
func (s *stamped) writeNow(b []byte) (int, error) {
	s.atOnce.out = b
	err := s.raw.Write(s.atOnce.send)
	s.atOnce.out = nil
	switch {
	case err != nil:
		return 0, err
	case s.atOnce.errno == syscall.EAGAIN:
		return 0, nil
	case s.atOnce.errno != 0:
		return 0, s.atOnce.errno
	}
	return s.atOnce.n, nil
}

func (s *stamped) sendOnce(fd uintptr) bool {
	s.call(unix.SYS_SENDTO, fd, s.atOnce.out, 0)
	return true
}

func (s *stamped) lookOnce(fd uintptr) bool {
	var b [1]byte
	s.call(unix.SYS_RECVFROM, fd, b[:], unix.MSG_PEEK)
	return true
}

// call sends or receives. As neither waits, the scheduler is not told.
func (s *stamped) call(what, fd uintptr, b []byte, flags uintptr) {
	n, _, errno := unix.RawSyscall6(what, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags|unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	s.atOnce.n, s.atOnce.errno = int(n), errno
}

// quiet says that nothing came on the connection, its end neither. Nobody may be reading from it.
func quiet(c net.Conn) bool {
	s, ok := c.(*stamped)
	return ok && s.raw.Read(s.atOnce.look) == nil && s.atOnce.errno == syscall.EAGAIN
}
