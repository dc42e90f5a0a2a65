package plainredis

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// conn is a connection to a Server: what is written is answered at once, to be read.
type conn struct {
	server *Server
	in     []byte // not yet a whole command
	out    []byte // answers not yet read
	closed bool

	// A transaction.
	multi   bool
	broken  bool
	queue   [][]string
	watched map[string]int
}

var _ net.Conn = (*conn)(nil)

// Write answers all commands that are complete by now.
func (c *conn) Write(b []byte) (int, error) {
	if c.closed {
		return 0, net.ErrClosed
	}
	c.in = append(c.in, b...)
	for {
		args, rest, err := oneCommand(c.in)
		if err != nil {
			return 0, err
		}
		if args == nil {
			return len(b), nil
		}
		c.in = rest
		if len(rest) == 0 {
			c.in = nil
		}
		c.out = encode(c.out, c.do(args))
	}
}

// errNothing says that somebody waits for an answer to nothing: it would never come.
var errNothing = errors.New("plainredis: read without a command")

// Read returns answers.
func (c *conn) Read(b []byte) (int, error) {
	switch {
	case c.closed:
		return 0, io.EOF
	case len(c.out) == 0:
		return 0, errNothing
	}
	n := copy(b, c.out)
	if c.out = c.out[n:]; len(c.out) == 0 {
		c.out = nil
	}
	return n, nil
}

// Close ends the connection.
func (c *conn) Close() error { c.closed = true; return nil }

func (c *conn) LocalAddr() net.Addr              { return addr{} }
func (c *conn) RemoteAddr() net.Addr             { return addr{} }
func (c *conn) SetDeadline(time.Time) error      { return nil }
func (c *conn) SetReadDeadline(time.Time) error  { return nil }
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

type addr struct{}

func (addr) Network() string { return "plainredis" }
func (addr) String() string  { return "plainredis" }

// oneCommand takes a command, an array of bulk strings, off the bytes; nil while it is not complete.
func oneCommand(b []byte) (args []string, rest []byte, err error) {
	n, b, err := header(b, '*')
	if err != nil || n < 0 {
		return nil, nil, err
	}
	args = make([]string, 0, n)
	for range n {
		var size int
		size, b, err = header(b, '$')
		if err != nil || size < 0 || len(b) < size+2 {
			return nil, nil, err
		}
		args = append(args, string(b[:size]))
		b = b[size+2:]
	}
	return args, b, nil
}

// header reads a line of a sign and a number; the number is -1 while the line is not complete.
func header(b []byte, sign byte) (n int, rest []byte, err error) {
	line, rest, found := bytes.Cut(b, []byte("\r\n"))
	if !found {
		return -1, nil, nil
	}
	if len(line) > 1 && line[0] == sign {
		n, err = strconv.Atoi(string(line[1:]))
	}
	if err != nil || len(line) < 2 || line[0] != sign || n < 0 {
		return 0, nil, fmt.Errorf("plainredis: protocol: %.20q", line)
	}
	return n, rest, nil
}

// do carries a command out, or queues it within a transaction.
func (c *conn) do(args []string) any {
	if len(args) == 0 {
		return failure("ERR unknown command ''")
	}
	name := strings.ToLower(args[0])
	switch name {
	case "unwatch":
		if !c.multi { // within a transaction there is nothing left to undo
			c.watched = nil
		}
	case "multi", "exec", "discard", "watch":
		return c.transaction(name, args[1:])
	}
	if !c.multi {
		return c.server.do(name, args[1:])
	}
	if bad := check(name, args[1:]); bad != nil {
		c.broken = true
		return bad
	}
	c.queue = append(c.queue, args)
	return queued
}
