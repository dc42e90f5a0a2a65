package proxy

import (
	"bytes"
	"errors"
	"strconv"
)

// errNotRESP says that bytes are no RESP. They are passed on without being looked at.
var errNotRESP = errors.New("not RESP")

// maxLine is the longest line of RESP: a header, an error, or an inline command.
const maxLine = 64 << 10

// command is a command in the bytes it came in. Its slices are good until the next one is read.
type command struct {
	raw    []byte
	args   [][]byte
	inline bool
}

// scanCommand reads one command from the start of b. It returns need > 0 where b is too short for it:
// then at least that many bytes are needed. Empty lines are commands without arguments, as for a server.
func (c *command) scan(b []byte) (need int, err error) {
	c.args, c.inline = c.args[:0], false
	if len(b) == 0 {
		return 1, nil
	}
	if b[0] != '*' {
		return c.scanInline(b)
	}
	n, at, need, err := header(b, 0)
	if need > 0 || err != nil {
		return need, err
	}
	for range n {
		if at >= len(b) {
			return len(b) + 1, nil
		}
		if b[at] != '$' {
			return 0, errNotRESP
		}
		size, from, need, err := header(b, at)
		if need > 0 || err != nil {
			return need, err
		}
		if size < 0 {
			return 0, errNotRESP // the server says so
		}
		end := from + size
		if end+2 > len(b) {
			return end + 2, nil
		}
		c.args = append(c.args, b[from:end])
		at = end + 2
	}
	c.raw = b[:at]
	return 0, nil
}

func (c *command) scanInline(b []byte) (need int, err error) {
	end := bytes.IndexByte(b, '\n')
	switch {
	case end < 0 && len(b) > maxLine:
		return 0, errNotRESP
	case end < 0:
		return len(b) + 1, nil
	}
	c.raw, c.inline = b[:end+1], true
	c.args = append(c.args, bytes.Fields(b[:end])...)
	return 0, nil
}

// header reads the number of a line such as "*3\r\n" at b[at:], and where the next line begins.
func header(b []byte, at int) (n, next, need int, err error) {
	if n, next = digits(b, at+1); next > 0 {
		return n, next, 0, nil
	}
	end := bytes.IndexByte(b[at:], '\n')
	switch {
	case end < 0 && len(b)-at > maxLine:
		return 0, 0, 0, errNotRESP
	case end < 0:
		return 0, 0, len(b) + 1, nil
	case end < 3 || b[at+end-1] != '\r':
		return 0, 0, 0, errNotRESP
	}
	n, err = strconv.Atoi(string(b[at+1 : at+end-1]))
	if err != nil || n > 1<<30 {
		return 0, 0, 0, errNotRESP
	}
	return n, at + end + 1, 0, nil
}

// digits reads a number as nearly all of them are, a few digits and the line's end; next is 0 where it is another.
func digits(b []byte, from int) (n, next int) {
	for i := from; i < min(from+7, len(b)-1); i++ {
		d := b[i] - '0'
		if d > 9 {
			if i > from && b[i] == '\r' && b[i+1] == '\n' {
				return n, i + 2
			}
			return 0, 0
		}
		n = 10*n + int(d)
	}
	return 0, 0
}

// framer finds the ends of replies in a stream that comes in pieces, without keeping them.
type framer struct {
	left []int // values still to come, of each aggregate that is open
	line []byte
	bulk int // bytes still to come of a string, with its line end
}

// next consumes bytes up to the end of a reply, or all of them. done says that a reply ended.
func (f *framer) next(b []byte) (n int, done bool, err error) {
	for n < len(b) {
		if f.bulk > 0 {
			take := min(f.bulk, len(b)-n)
			n, f.bulk = n+take, f.bulk-take
			if f.bulk == 0 && f.value(0) {
				return n, true, nil
			}
			continue
		}
		end := bytes.IndexByte(b[n:], '\n')
		if end < 0 {
			f.line = append(f.line, b[n:]...)
			if len(f.line) > maxLine {
				return n, false, errNotRESP
			}
			return len(b), false, nil
		}
		line := b[n : n+end+1]
		if len(f.line) > 0 {
			line = append(f.line, line...)
		}
		n += end + 1
		ended, err := f.read(line)
		f.line = f.line[:0]
		if ended || err != nil {
			return n, ended, err
		}
	}
	return n, false, nil
}

// read takes up a whole line and says whether a reply ended with it.
func (f *framer) read(line []byte) (done bool, err error) {
	if len(line) < 3 {
		return false, errNotRESP
	}
	kind := line[0]
	switch kind {
	case '+', '-', ':', ',', '(', '#', '_':
		return f.value(0), nil
	case '$', '!', '=', '*', '~', '>', '%', '|':
	default:
		return false, errNotRESP
	}
	n, err := strconv.Atoi(string(line[1 : len(line)-2]))
	if err != nil || n < -1 {
		return false, errNotRESP
	}
	switch kind {
	case '$', '!', '=':
		if n < 0 {
			return f.value(0), nil
		}
		f.bulk = n + 2
		return false, nil
	case '%':
		n *= 2
	case '|': // the value it belongs to follows
		n = 2*n + 1
	}
	return f.value(max(n, 0)), nil
}

// value counts a value that has so many values inside, and says whether it ended the reply.
func (f *framer) value(inside int) bool {
	if inside > 0 {
		f.left = append(f.left, inside)
		return false
	}
	for len(f.left) > 0 {
		last := len(f.left) - 1
		if f.left[last]--; f.left[last] > 0 {
			return false
		}
		f.left = f.left[:last]
	}
	return true
}
