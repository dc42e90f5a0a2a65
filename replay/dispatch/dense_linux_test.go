package dispatch

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"

	"hookonce/replay"
)

// An endpoint with one worker and a short queue, such as Python's http.server, takes few connections at a time. The events go in
// parts, and the target is not lost.
func TestADenseGateFitsAShortQueueOfConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Control(func(fd uintptr) { _ = syscall.Listen(int(fd), 2) }); err != nil {
		t.Fatal(err)
	}
	var worker sync.WaitGroup
	worker.Go(func() { serveOneByOne(l) })
	t.Cleanup(worker.Wait)
	t.Cleanup(func() { _ = l.Close() })
	m := all(t, planOf(denseGate(maxFailures)...), targetOf(t, fmt.Sprintf("http://%s/", l.Addr())), options())
	for n, a := range m {
		if a.Outcome != replay.Acked {
			t.Errorf("delivery %d: %s %s", n, a.Outcome, a.Error)
		}
	}
}

func serveOneByOne(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.Copy(io.Discard, req.Body)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
		_ = c.Close()
	}
}
