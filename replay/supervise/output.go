package supervise

import (
	"bytes"
	"os"
	"strings"
	"sync"
)

// MaxOutput is how many bytes of an endpoint's output are kept in its file; what comes later is only in the last lines.
const MaxOutput = 8 << 20

const (
	lastLines = 12
	maxLine   = 4 << 10 // a longer line is cut
)

// Output keeps what an endpoint prints: in a file, up to MaxOutput, and the last lines at hand.
type Output struct {
	mask func(string) string

	mu      sync.Mutex
	file    *os.File
	written int
	full    bool
	partial []byte
	last    []string
}

// NewOutput writes to a file, which Close closes. mask takes secrets out of a line.
func NewOutput(file *os.File, mask func(string) string) *Output {
	return &Output{file: file, mask: mask}
}

// Write takes a piece of output. Only whole lines are kept, so that a secret is not cut in two; it never fails.
func (o *Output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, b...)
	for {
		i := bytes.IndexByte(o.partial, '\n')
		if i < 0 && len(o.partial) < maxLine {
			return len(b), nil
		}
		if i < 0 || i > maxLine {
			i = min(len(o.partial), maxLine)
			o.line(string(o.partial[:i]))
			o.partial = o.partial[i:]
			continue
		}
		o.line(string(o.partial[:i]))
		o.partial = o.partial[i+1:]
	}
}

func (o *Output) line(s string) {
	s = o.mask(strings.TrimRight(s, "\r"))
	if o.last = append(o.last, s); len(o.last) > lastLines {
		o.last = o.last[1:]
	}
	switch {
	case o.full:
	case o.written+len(s) > MaxOutput:
		o.full = true
		_, _ = o.file.WriteString("... more was printed, and is not kept\n") // a full disk ends the run by its journal
	default:
		n, _ := o.file.WriteString(s + "\n")
		o.written += n
	}
}

// Last is what was printed last.
func (o *Output) Last() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.last...)
}

// Empty says that nothing was printed.
func (o *Output) Empty() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.written == 0 && !o.full
}

// Close keeps a last line without an end, and closes the file.
func (o *Output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.partial) > 0 {
		o.line(string(o.partial))
		o.partial = nil
	}
	return o.file.Close()
}
