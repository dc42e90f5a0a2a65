package proxy

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// wire is a connection that Go's poller knows nothing of: it would be woken by all that comes. Nothing in it ever waits.
type wire struct {
	fd   int
	owed []byte // of what was written, what is still to be sent
}

// wireOf makes a wire of a TCP connection, which stays open beside it; ok is false for any other.
func wireOf(c io.ReadWriteCloser) (w *wire, ok bool) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil, false
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, false
	}
	fd := -1
	_ = raw.Control(func(own uintptr) { fd, _ = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0) })
	return &wire{fd: fd}, fd >= 0
}

// conn makes a connection of the wire, which is closed.
func (w *wire) conn() (io.ReadWriteCloser, error) {
	f := os.NewFile(uintptr(w.fd), "")
	w.fd = -1
	defer f.Close()
	return net.FileConn(f)
}

// Read reads what there is. It returns EAGAIN where there is nothing.
func (w *wire) Read(b []byte) (int, error) {
	n, errno := w.call(unix.SYS_RECVFROM, b)
	switch {
	case errno != 0:
		return 0, errno
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write sends what can be sent, and owes the rest. What cannot be sent at all shows when that is tried again.
func (w *wire) Write(b []byte) (int, error) {
	sent := 0
	if len(w.owed) == 0 {
		if n, errno := w.call(unix.SYS_SENDTO, b); errno == 0 {
			sent = n
		}
	}
	w.owed = append(w.owed, b[sent:]...)
	return len(b), nil
}

// call sends or receives. As neither waits, the scheduler is not told, which would cost more than the rest of what is done here.
func (w *wire) call(what uintptr, b []byte) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(what, uintptr(w.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)),
		unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

// Close closes it. Reading and writing fail from then on.
func (w *wire) Close() error {
	fd := w.fd
	w.fd = -1
	return unix.Close(fd)
}
