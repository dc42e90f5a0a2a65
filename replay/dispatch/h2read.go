package dispatch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http2"

	"hookonce/replay"
)

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
			at = cameIn(h.tcp, h.now)
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
	if size, has := f.Value(http2.SettingHeaderTableSize); has { // before the first request, which waits for the greeting
		h.sending.Lock()
		h.headers.SetMaxDynamicTableSizeLimit(size)
		h.sending.Unlock()
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
