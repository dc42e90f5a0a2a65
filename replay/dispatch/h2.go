package dispatch

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"hookonce/replay"
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

// read is the reader's goroutine: it serves answers until the connection ends.
func (h *h2) read() {
	defer close(h.gone)
	defer h.close()
	var at time.Duration
	for {
		if h.br.Buffered() == 0 {
			if _, err := h.br.Peek(1); err != nil {
				h.fail(err)
				return
			}
			at = h.now() - waitedSince(h.tcp)
		}
		if err := h.next(at); err != nil {
			h.fail(err)
			return
		}
	}
}

// next reads one frame, which began to come in at the moment.
func (h *h2) next(at time.Duration) error {
	if begin, _ := h.br.Peek(5); !h.greeted && string(begin) == "HTTP/" {
		return errNotH2
	}
	f, err := h.frames.ReadFrame()
	var one http2.StreamError
	if errors.As(err, &one) {
		h.finish(one.StreamID, fmt.Errorf("%w: %w", errMalformed, one))
		return nil
	}
	if err != nil {
		return err
	}
	switch f := f.(type) {
	case *http2.SettingsFrame:
		return h.settings(f)
	case *http2.WindowUpdateFrame:
		h.grow(f.StreamID, int64(f.Increment))
	case *http2.PingFrame:
		if !f.IsAck() {
			return h.write(func() error { return h.frames.WritePing(true, f.Data) })
		}
	case *http2.RSTStreamFrame:
		h.finish(f.StreamID, fmt.Errorf("stream reset: %s", f.ErrCode))
	case *http2.GoAwayFrame:
		h.goAway(f)
	case *http2.MetaHeadersFrame:
		h.head(f, at)
	case *http2.DataFrame:
		return h.data(f)
	}
	return nil
}

func (h *h2) settings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	h.mu.Lock()
	err := f.ForeachSetting(func(s http2.Setting) error {
		if err := s.Valid(); err != nil {
			return err
		}
		switch s.ID {
		case http2.SettingMaxConcurrentStreams:
			h.most = s.Val
		case http2.SettingMaxFrameSize:
			h.largest = int(min(s.Val, 1<<20))
		case http2.SettingInitialWindowSize:
			for _, one := range h.streams {
				one.window += int64(s.Val) - h.initial
			}
			h.initial = int64(s.Val)
		}
		return nil
	})
	h.greeted = true
	h.changed.Broadcast()
	h.mu.Unlock()
	if err != nil {
		return err
	}
	return h.write(h.frames.WriteSettingsAck)
}

// grow widens the window of a stream, or with 0 the connection's.
func (h *h2) grow(id uint32, by int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if id == 0 {
		h.window += by
	} else if s := h.streams[id]; s != nil {
		s.window += by
	}
	h.changed.Broadcast()
}

// head takes an answer's headers, or its trailers.
func (h *h2) head(f *http2.MetaHeadersFrame, at time.Duration) {
	h.mu.Lock()
	s := h.streams[f.StreamID]
	if s == nil || s.ans.end != 0 {
		h.mu.Unlock()
		return
	}
	err := error(nil)
	if !s.begun {
		if s.ans.head, err = h2Head(f); err == nil && s.ans.interim() {
			h.mu.Unlock()
			return
		}
		s.begun, s.ans.first = true, at
	}
	h.mu.Unlock()
	if err != nil || f.StreamEnded() {
		h.finish(f.StreamID, err)
	}
}

// h2Head reads what matters of an answer's headers.
func h2Head(f *http2.MetaHeadersFrame) (head, error) {
	h := head{length: -1}
	status, err := strconv.Atoi(f.PseudoValue("status"))
	if err != nil || status < 100 || status > 999 {
		return h, malformed("status %q", clip([]byte(f.PseudoValue("status"))))
	}
	h.status = status
	for _, one := range f.RegularFields() {
		switch one.Name {
		case "retry-after":
			h.retryAfter = retryAfter(one.Value, time.Now())
		case strings.ToLower(replay.NoRetryHeader):
			h.noRetry = one.Value == "1"
		}
	}
	if f.Truncated {
		return h, malformed("the headers are too long")
	}
	return h, nil
}

// data takes a part of an answer's body, and lets the other side send as much again.
func (h *h2) data(f *http2.DataFrame) error {
	h.mu.Lock()
	s := h.streams[f.StreamID]
	if s != nil && s.ans.end == 0 {
		s.body.add(f.Data())
	}
	enough := s != nil && s.body.enough
	h.mu.Unlock()
	if f.StreamEnded() || enough {
		h.finish(f.StreamID, nil)
	}
	n := f.Length // with its padding
	if n == 0 {
		return nil
	}
	return h.write(func() error {
		err := h.frames.WriteWindowUpdate(0, n)
		switch {
		case err != nil || f.StreamEnded():
			return err
		case enough:
			return h.frames.WriteRSTStream(f.StreamID, http2.ErrCodeCancel)
		}
		return h.frames.WriteWindowUpdate(f.StreamID, n)
	})
}

// finish hands over an answer, or why there is none. Only the first call for a stream counts.
func (h *h2) finish(id uint32, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.streams[id]; s != nil {
		h.conclude(s, err)
	}
	h.changed.Broadcast()
}

// conclude is finish under the lock.
func (h *h2) conclude(s *stream, err error) {
	if s.ans.end != 0 {
		return
	}
	if s.ans.end = h.now(); !s.begun {
		s.ans.first, s.ans.silent = s.ans.end, err != nil
	}
	if err == nil && !s.begun {
		err = malformed("a stream ended without an answer")
	}
	s.ans.err, s.ans.body, s.ans.truncated = err, string(s.body.kept), s.body.truncated()
	s.answers <- s.ans
}

// goAway ends the streams that the other side says it never looked at.
func (h *h2) goAway(f *http2.GoAwayFrame) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, s := range h.streams {
		if id > f.LastStreamID {
			h.conclude(s, fmt.Errorf("the endpoint went away: %s", f.ErrCode))
		}
	}
	h.changed.Broadcast()
}

// fail ends all streams.
func (h *h2) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = err
	for _, s := range h.streams {
		h.conclude(s, err)
	}
	h.changed.Broadcast()
}
