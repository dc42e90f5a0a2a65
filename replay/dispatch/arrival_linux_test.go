package dispatch

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"testing"
	"time"

	"hookonce/replay"
)

// The first copy's answer is in the kernel before the second copy's last byte leaves, but the
// reader cannot run before it: on its word alone, the gate would have overlapped.
func TestLateReaderFakesNoOverlap(t *testing.T) {
	to := sink(t, 0)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	o := options()
	o.release = func(now func() time.Duration, shots []*shot) {
		shots[0].letGo(now)
		for !answerIsThere(t, shots[0].c) {
			// Not yielding is the point: nothing else of this process runs meanwhile.
			if now() > patient {
				t.Error("no answer")
				break
			}
		}
		for _, s := range shots[1:] {
			s.letGo(now)
		}
	}
	for range 10 {
		m := all(t, planOf(gateOf(2, "e")...), to, o)
		if g := replay.GateOf(1, attemptsOf(m)); g.Overlapped {
			t.Errorf("the gate is said to have overlapped: %+v", attemptsOf(m))
		}
	}
}

// answerIsThere looks into the kernel's buffer without reading from it.
func answerIsThere(t *testing.T, c *conn) (there bool) {
	raw, err := c.tcp.(syscall.Conn).SyscallConn()
	if err != nil {
		t.Error(err)
		return true
	}
	var b [1]byte
	err = raw.Control(func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		there = n > 0 && err == nil
	})
	return there || err != nil || c.state.Load() != pending
}

// A reader that is held up between reading two clocks does not take an answer for one that came in that much earlier.
func TestHeldUpReaderKeepsTheArrival(t *testing.T) {
	const held = 30 * time.Millisecond
	base := time.Now()
	conn := &stamped{}
	conn.oobn = copy(conn.oob[:], stampOf(base.Add(held)))
	readings := 0
	at := cameIn(conn, func() time.Duration {
		for readings++; readings == 1 && time.Since(base) < held; {
			runtime.Gosched() // the stamp lies ahead until then
		}
		now := time.Since(base)
		for readings == 1 && time.Since(base) < 2*held {
			runtime.Gosched()
		}
		return now
	})
	if off := at - held; off < -unheld || off > unheld {
		t.Errorf("the answer came in at %s, and is said to have at %s, after %d readings", held, at, readings)
	}
}

// stampOf is what the kernel says of bytes that came in at the time.
func stampOf(at time.Time) []byte {
	var b []byte
	e := binary.NativeEndian
	b = e.AppendUint64(b, uint64(syscall.CmsgLen(16)))
	b = e.AppendUint32(b, syscall.SOL_SOCKET)
	b = e.AppendUint32(b, syscall.SO_TIMESTAMPNS)
	b = e.AppendUint64(b, uint64(at.Unix()))
	return e.AppendUint64(b, uint64(at.Nanosecond()))
}
