package dispatch

import (
	"net"
	"syscall"
	"time"
)

const (
	// stampTries and stampWait bound how long the kernel is given to begin: together 40 ms.
	stampTries = 80
	stampWait  = 500 * time.Microsecond
)

// keepStamping makes the kernel stamp what comes in until the returned function is called. It begins only some
// time after the first socket of the machine asks for it, and ends with the last; bytes of a stream that came in meanwhile bear
// no stamp. A socket that asks for the whole of a run, and is seen to get it, leaves no such gap.
func keepStamping() (end func()) {
	l, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return func() {} // without loopback there is nothing to wait for: each connection asks for itself
	}
	end = func() { _ = l.Close() }
	raw, err := l.SyscallConn()
	if err != nil {
		return end
	}
	var refused error
	if err = raw.Control(func(fd uintptr) {
		refused = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_TIMESTAMPNS, 1)
	}); err != nil || refused != nil {
		return end
	}
	_ = l.SetDeadline(time.Now().Add(stampTries * stampWait))
	for range stampTries {
		if on, err := stampsArrival(l); on || err != nil {
			break
		}
		nap(stampWait)
	}
	return end
}

// stampsArrival says whether a datagram bears the time at which it came in. Where the
// kernel has not begun yet, it bears that of its reading.
func stampsArrival(l *net.UDPConn) (bool, error) {
	if _, err := l.WriteTo([]byte{0}, l.LocalAddr()); err != nil {
		return false, err
	}
	nap(stampWait / 10)
	before := time.Now()
	var b [1]byte
	var oob [64]byte
	_, n, _, _, err := l.ReadMsgUDP(b[:], oob[:])
	if err != nil {
		return false, err
	}
	at := stampIn(oob[:n])
	return !at.IsZero() && at.Before(before), nil
}
