package dispatch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// errNotH2 says that the other side does not speak HTTP/2.
var errNotH2 = errors.New("it does not speak HTTP/2")

// h2 is one HTTP/2 connection. It carries the copies of one gate, a stream each, and is closed with it.
type h2 struct {
	net, tcp net.Conn
	now      func() time.Duration
	rtt      time.Duration
	br       *bufio.Reader
	frames   *http2.Framer
	gone     chan struct{} // closed when the reader has ended

	sending sync.Mutex   // held while frames are put together and written
	out     bytes.Buffer // what frames are written to
	block   bytes.Buffer
	headers *hpack.Encoder

	mu      sync.Mutex
	changed sync.Cond // a window grew, the peer said hello, or the connection ended
	greeted bool
	most    uint32 // streams at once, by the peer's settings
	largest int    // payload of a frame, by the peer's settings
	initial int64  // window of a new stream
	window  int64  // of the connection: bytes of bodies that may still be sent
	streams map[uint32]*stream
	ended   error
}

// stream is one request and its answer.
type stream struct {
	id      uint32
	last    []byte // what is kept back of the body: its last byte, or nothing where it is empty
	window  int64
	begun   bool // the answer's head has come
	ans     answer
	body    body
	answers chan answer
}

// h2Window is the window that RFC 9113 gives to each side at first.
const h2Window = 65535

// dialH2 connects, and waits until the other side has greeted in HTTP/2. The context bounds that.
func (e *endpoint) dialH2(ctx context.Context, now func() time.Duration) (*h2, error) {
	conf := e.tls
	if conf != nil {
		conf = conf.Clone()
		conf.NextProtos = []string{http2.NextProtoTLS}
	}
	c, tcp, took, err := e.dialWith(ctx, conf)
	if err != nil {
		if strings.Contains(err.Error(), "no application protocol") {
			err = errNotH2
		}
		return nil, err
	}
	if t, is := c.(*tls.Conn); is && t.ConnectionState().NegotiatedProtocol != http2.NextProtoTLS {
		_ = tcp.Close()
		return nil, errNotH2
	}
	h := newH2(c, tcp, now, took)
	if deadline, has := ctx.Deadline(); has {
		_ = c.SetDeadline(deadline)
	}
	defer context.AfterFunc(ctx, h.close)()
	if err := h.greet(); err != nil {
		h.close()
		<-h.gone
		return nil, err
	}
	return h, nil
}

func newH2(c, tcp net.Conn, now func() time.Duration, rtt time.Duration) *h2 {
	h := &h2{net: c, tcp: tcp, now: now, rtt: rtt, br: bufio.NewReader(c), gone: make(chan struct{}),
		most: 1 << 30, largest: 16 << 10, initial: h2Window, window: h2Window, streams: map[uint32]*stream{}}
	h.changed.L = &h.mu
	h.headers = hpack.NewEncoder(&h.block)
	h.frames = http2.NewFramer(&h.out, h.br)
	h.frames.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	h.frames.MaxHeaderListSize = maxHead
	return h
}

// greet says hello and waits for the other side's.
func (h *h2) greet() error {
	err := h.write(func() error {
		h.out.WriteString(http2.ClientPreface)
		return h.frames.WriteSettings(http2.Setting{ID: http2.SettingEnablePush, Val: 0})
	})
	go h.read() // which answers settings, and must not do so before the hello
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.greeted && h.ended == nil {
		h.changed.Wait()
	}
	return h.ended
}

func (h *h2) close() { _ = h.tcp.Close() }

// atOnce is how many streams the other side takes at once.
func (h *h2) atOnce() uint32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.most
}

// deadline bounds what is read and written to d from now.
func (h *h2) deadline(d time.Duration) { _ = h.net.SetDeadline(time.Now().Add(d)) }

// write puts frames together and hands them to the kernel at once.
func (h *h2) write(frames func() error) error {
	h.sending.Lock()
	defer h.sending.Unlock()
	h.out.Reset()
	if err := frames(); err != nil {
		return err
	}
	_, err := h.net.Write(h.out.Bytes())
	return err
}

// open sends a request but for the last byte of its body.
func (h *h2) open(head []hpack.HeaderField, content []byte) (*stream, error) {
	s := &stream{answers: make(chan answer, 1)}
	cut := max(0, len(content)-1)
	s.last = content[cut:]
	err := h.write(func() error {
		h.mu.Lock()
		s.id, s.window = uint32(2*len(h.streams)+1), h.initial
		h.streams[s.id] = s
		err := h.ended
		h.mu.Unlock()
		if err != nil {
			return err
		}
		return h.writeHead(s.id, head)
	})
	for content = content[:cut]; err == nil && len(content) > 0; {
		var n int
		if n, err = h.take(s, len(content)); err == nil {
			err = h.write(func() error { return h.frames.WriteData(s.id, false, content[:n]) })
			content = content[n:]
		}
	}
	if err == nil && len(s.last) > 0 { // so that nothing stands in its way later
		_, err = h.take(s, 1)
	}
	return s, err
}

// writeHead writes the headers, in several frames where they are long.
func (h *h2) writeHead(id uint32, head []hpack.HeaderField) error {
	h.block.Reset()
	for _, f := range head {
		if err := h.headers.WriteField(f); err != nil {
			return err
		}
	}
	rest := h.block.Bytes()
	first := rest[:min(len(rest), h.largest)]
	rest = rest[len(first):]
	err := h.frames.WriteHeaders(http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndHeaders: len(rest) == 0})
	for err == nil && len(rest) > 0 {
		part := rest[:min(len(rest), h.largest)]
		rest = rest[len(part):]
		err = h.frames.WriteContinuation(id, len(rest) == 0, part)
	}
	return err
}

// take waits until some of n bytes may be sent, and says how many.
func (h *h2) take(s *stream, n int) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		may := min(int64(n), int64(h.largest), h.window, s.window)
		switch {
		case h.ended != nil:
			return 0, h.ended
		case s.ans.end != 0:
			return 0, errAnsweredEarly
		case may > 0:
			h.window, s.window = h.window-may, s.window-may
			return int(may), nil
		}
		h.changed.Wait()
	}
}

var errAnsweredEarly = errors.New("answered before the request was complete")

// release sends what was kept back of all these streams, in one write: one packet, as long as they are some hundred at most.
func (h *h2) release(all []*stream) error {
	return h.write(func() error {
		for _, s := range all {
			if err := h.frames.WriteData(s.id, true, s.last); err != nil {
				return err
			}
		}
		return nil
	})
}
