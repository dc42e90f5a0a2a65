package dispatch

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"hookonce/replay"
)

// FuzzAnswer holds the parser to two promises: it neither panics nor reads without end, and what it takes for a
// whole answer net/http takes for the same answer. (The reverse is not promised: ours is stricter.)
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nhi\r\n0\r\nT: x\r\n\r\n",
		"HTTP/1.0 500 \r\n\r\nuntil closed",
		"HTTP/1.1 204 No Content\nConnection: keep-alive, close\n\n",
		"HTTP/1.1 429 Slow\r\nRetry-After: Fri, 02 Jan 2026 03:05:05 GMT\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\n",
		"HTTP/1.0 200\nTransfer-Encoding: chunked\n\n0\n\n000",
		"HTTP/1.1 200 \nTransfer-Encoding: chunked\n\n0\n\n",
		"HTTP/1.1 200 \nTransfer-Encoding: chunked\n\n0\r\n0\r\n\r\n",
		"HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 ", "\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		h, b, err := parse(wire)
		if err != nil || h.interim() {
			return
		}
		if len(b.kept) > replay.MaxBody || b.read > maxDiscard+int64(len(wire)) {
			t.Fatalf("%d bytes kept of %d", len(b.kept), b.read)
		}
		r, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(wire)), &http.Request{Method: http.MethodPost})
		if err != nil {
			t.Fatalf("taken for status %d, but net/http says %v", h.status, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != h.status || !b.truncated() && !bytes.Equal(body, b.kept) {
			t.Fatalf("status %d and body %q; net/http: %d, %q, %v", h.status, b.kept, r.StatusCode, body, err)
		}
	})
}

func parse(wire []byte) (head, body, error) {
	br := bufio.NewReader(bytes.NewReader(wire))
	var b body
	h, err := readHead(br, time.Unix(1767323045, 0))
	if err == nil {
		err = b.readFrom(br, h)
	}
	return h, b, err
}
