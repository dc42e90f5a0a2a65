package dispatch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"hookonce/replay"
)

const (
	maxHead    = 64 << 10 // bytes of status line, headers or trailers that are read
	maxDiscard = 1 << 20  // bytes of a body that are read at all, so that the connection can be used again
	maxLine    = 4 << 10  // bytes of a chunk's size line
	maxInterim = 32       // 1xx answers before the real one
	// maxRetryAfter keeps an absurd Retry-After from overflowing a duration.
	maxRetryAfter = 365 * 24 * time.Hour
)

// errMalformed marks an answer that is not HTTP/1.x.
var errMalformed = errors.New("malformed answer")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errMalformed}, args...)...)
}

// head is what matters of an answer's status line and headers.
type head struct {
	status     int
	length     int64 // of the body; -1 where the headers do not say
	chunked    bool
	old        bool // HTTP/1.0, which knows no chunks
	close      bool // the connection is of no further use
	retryAfter time.Duration
	noRetry    bool
}

func (h head) interim() bool { return h.status >= 100 && h.status < 200 }

// bodyless says that the status forbids a body, whatever the headers say.
func (h head) bodyless() bool {
	return h.interim() || h.status == http.StatusNoContent || h.status == http.StatusNotModified
}

// delimited says that the head tells where the body ends: else only the end of the connection does.
func (h head) delimited() bool { return h.bodyless() || h.chunked || h.length >= 0 }

// readHead reads a status line and headers. now is the wall time a Retry-After date counts from.
func readHead(br *bufio.Reader, now time.Time) (head, error) {
	budget := maxHead
	line, err := readLine(br, &budget)
	if err != nil {
		return head{}, err
	}
	h, err := parseStatus(line)
	if err != nil {
		return head{}, err
	}
	for {
		if line, err = readLine(br, &budget); err != nil {
			return head{}, err
		}
		if len(line) == 0 {
			return h.checked()
		}
		if err := h.field(line, now); err != nil {
			return head{}, err
		}
	}
}

// checked looks at the headers as a whole.
func (h head) checked() (head, error) {
	if h.status == http.StatusSwitchingProtocols {
		return head{}, malformed("status 101 without being asked")
	}
	if h.old {
		h.chunked = false
	}
	if h.chunked && h.length >= 0 {
		// The chunks win (RFC 9112, 6.3), but whoever sends both may disagree with us about where the answer ends.
		h.length, h.close = -1, true
	}
	return h, nil
}

// readLine reads a line of the head without its end, which is CRLF or, as RFC 9112 permits, LF.
func readLine(br *bufio.Reader, budget *int) ([]byte, error) {
	line, err := rawLine(br, budget)
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r")), err
}

// rawLine reads a line with its end.
func rawLine(br *bufio.Reader, budget *int) ([]byte, error) {
	var line []byte
	for {
		part, err := br.ReadSlice('\n')
		if *budget -= len(part); *budget < 0 {
			return nil, malformed("a line or the headers are too long")
		}
		if err == nil && line == nil {
			return part, nil
		}
		line = append(line, part...)
		if err == nil {
			return line, nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, cutShort(err)
		}
	}
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// parseStatus reads "HTTP/1.1 200 OK".
func parseStatus(line []byte) (head, error) {
	h := head{length: -1}
	version, rest, _ := bytes.Cut(line, []byte(" "))
	code, _, _ := bytes.Cut(rest, []byte(" "))
	switch string(version) {
	case "HTTP/1.1":
	case "HTTP/1.0":
		h.old, h.close = true, true
	default:
		return h, malformed("it begins with %q", clip(line))
	}
	status, ok := number(code, 10)
	if !ok || len(code) != 3 || status < 100 {
		return h, malformed("status %q", clip(code))
	}
	h.status = int(status)
	return h, nil
}

// splitField takes a header line apart.
func splitField(line []byte) (name, value []byte, err error) {
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || !httpguts.ValidHeaderFieldName(string(name)) {
		return nil, nil, malformed("header line %q", clip(line))
	}
	if value = bytes.Trim(value, " \t"); !httpguts.ValidHeaderFieldValue(string(value)) {
		return nil, nil, malformed("value of header %s", clip(name))
	}
	return name, value, nil
}

// field takes one header line. Only five headers mean anything to a sender.
func (h *head) field(line []byte, now time.Time) error {
	n, v, err := splitField(line)
	if err != nil {
		return err
	}
	switch name := string(n); {
	case sameName(name, "content-length"):
		return h.setLength(v)
	case sameName(name, "transfer-encoding"):
		if h.chunked || !strings.EqualFold(string(v), "chunked") {
			return malformed("transfer encoding %q", clip(v))
		}
		h.chunked = true
	case sameName(name, "connection"):
		for token := range strings.SplitSeq(string(v), ",") {
			h.close = h.close || strings.EqualFold(strings.TrimSpace(token), "close")
		}
	case sameName(name, "retry-after"):
		h.retryAfter = retryAfter(string(v), now)
	case sameName(name, replay.NoRetryHeader):
		h.noRetry = string(v) == "1"
	}
	return nil
}

func (h *head) setLength(v []byte) error {
	n, ok := number(v, 10)
	if !ok || (h.length >= 0 && h.length != n) {
		return malformed("content length %q", clip(v))
	}
	h.length = n
	return nil
}

// retryAfter reads seconds or an HTTP date; 0 for anything else and for the past.
func retryAfter(v string, now time.Time) time.Duration {
	if n, ok := number([]byte(v), 10); ok {
		return time.Duration(min(n, int64(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return min(max(0, at.Sub(now)), maxRetryAfter)
	}
	return 0
}

// number reads plain digits of the base: no sign, no space, and too few to overflow.
func number(b []byte, base int) (int64, bool) {
	if len(b) == 0 || len(b) > 15 || b[0] == '-' || b[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b), base, 63)
	return int64(n), err == nil
}

// clip bounds what of a foreign text goes into an error.
func clip(b []byte) []byte { return b[:min(len(b), 40)] }
