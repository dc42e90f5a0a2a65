package dispatch

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// stamped is a TCP connection whose kernel says when what is read came in. A reader that is scheduled late would
// otherwise stamp an answer too late, and a copy sent in the meantime would seem to have raced with the one already answered.
type stamped struct {
	*net.TCPConn
	raw    syscall.RawConn
	recv   func(fd uintptr) bool
	into   []byte
	n      int
	err    error
	oob    [64]byte
	oobn   int
	header unix.Msghdr
	vector unix.Iovec
	atOnce atOnce
}

// stampArrivals asks the kernel to stamp what comes in; it returns c as it is where that cannot be had.
func stampArrivals(c net.Conn) net.Conn {
	t, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return c
	}
	var refused error
	err = raw.Control(func(fd uintptr) {
		refused = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	})
	if err != nil || refused != nil {
		return c
	}
	s := &stamped{TCPConn: t, raw: raw}
	s.recv, s.atOnce.send, s.atOnce.look = s.receive, s.sendOnce, s.lookOnce
	return s
}

// Read is the connection's, and keeps the kernel's stamp of what it read.
func (s *stamped) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.into = p
	if err := s.raw.Read(s.recv); err != nil {
		return 0, err
	}
	switch {
	case s.err != nil:
		return 0, os.NewSyscallError("recvmsg", s.err)
	case s.n == 0:
		return 0, io.EOF
	}
	return s.n, nil
}

func (s *stamped) receive(fd uintptr) (done bool) {
	for {
		errno := s.receiveOnce(fd)
		if s.err = nil; errno != 0 {
			s.n, s.oobn, s.err = 0, 0, errno
		}
		if errno != syscall.EINTR {
			return s.atOnce.reads || errno != syscall.EAGAIN
		}
	}
}

// receiveOnce does without telling the scheduler, as it never waits.
func (s *stamped) receiveOnce(fd uintptr) syscall.Errno {
	s.vector.Base = unsafe.SliceData(s.into)
	s.vector.SetLen(len(s.into))
	s.header = unix.Msghdr{Iov: &s.vector, Control: &s.oob[0]}
	s.header.SetIovlen(1)
	s.header.SetControllen(len(s.oob))
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, fd, uintptr(unsafe.Pointer(&s.header)), unix.MSG_DONTWAIT)
	s.n, s.oobn = int(n), int(s.header.Controllen)
	return errno
}

// arrived is the wall time at which the bytes of the last Read came in; zero where the kernel does not say.
func arrived(c net.Conn) time.Time {
	s, ok := c.(*stamped)
	if !ok {
		return time.Time{}
	}
	return stampIn(s.oob[:s.oobn])
}

// stampIn is the time in a message's control data; zero if there is none.
func stampIn(oob []byte) time.Time {
	for len(oob) >= unix.SizeofCmsghdr {
		header, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		if oob = rest; header.Level != syscall.SOL_SOCKET || header.Type != syscall.SO_TIMESTAMPNS {
			continue
		}
		switch e := binary.NativeEndian; len(data) {
		case 16:
			return time.Unix(int64(e.Uint64(data)), int64(e.Uint64(data[8:])))
		case 8:
			return time.Unix(int64(e.Uint32(data)), int64(e.Uint32(data[4:])))
		}
	}
	return time.Time{}
}
