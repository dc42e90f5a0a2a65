package tcp

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// lineServer answers each line with itself in capitals, and remembers what it was sent.
type lineServer struct {
	mu   sync.Mutex
	got  map[string]bool
	ends chan string // what came on a connection, once that is over
}

func (s *lineServer) start(t *testing.T) (dial func(context.Context) (net.Conn, error)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s.got, s.ends = map[string]bool{}, make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	}
}

func (s *lineServer) serve(c net.Conn) {
	defer c.Close()
	var all strings.Builder
	for in := bufio.NewReader(c); ; {
		line, err := in.ReadString('\n')
		all.WriteString(line)
		if err != nil {
			s.ends <- all.String()
			return
		}
		s.mu.Lock()
		s.got[line] = true
		s.mu.Unlock()
		io.WriteString(c, strings.ToUpper(line))
	}
}

func (s *lineServer) has(line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got[line]
}

type bench struct {
	*lineServer
	proxy   *Proxy
	address string
	strikes chan Strike
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{lineServer: &lineServer{}, strikes: make(chan Strike, 10)}
	b.proxy = New(Options{Dial: b.start(t), OnStrike: func(s Strike) { b.strikes <- s }})
	t.Cleanup(b.proxy.Close)
	var err error
	if b.address, err = b.proxy.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	return b
}

// client asks line by line.
type client struct {
	t  *testing.T
	c  net.Conn
	in *bufio.Reader
}

func (b *bench) dial(t *testing.T) *client {
	t.Helper()
	c, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &client{t, c, bufio.NewReader(c)}
}

// ask returns the answer; "" where the connection ends instead.
func (c *client) ask(line string) string {
	if _, err := io.WriteString(c.c, line+"\n"); err != nil {
		return ""
	}
	answer, _ := c.in.ReadString('\n')
	return strings.TrimSuffix(answer, "\n")
}

func (c *client) want(line, answer string) {
	c.t.Helper()
	if got := c.ask(line); got != answer {
		c.t.Errorf("%s: answered %q, want %q", line, got, answer)
	}
}

// Without a fault nothing is changed, and requests are counted over all connections.
func TestPasses(t *testing.T) {
	b := newBench(t)
	b.proxy.Begin(Fault{})
	one, other := b.dial(t), b.dial(t)
	one.want("a", "A")
	other.want("b", "B")
	one.want("c", "C")
	long := strings.Repeat("x", 10*readSize)
	one.want(long, strings.ToUpper(long))
	if n := b.proxy.End(); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
	if n := b.proxy.End(); n != 0 {
		t.Errorf("%d requests, want none since", n)
	}
	// What a client sent before it went still arrives.
	if _, err := io.WriteString(one.c, "last"); err != nil {
		t.Fatal(err)
	}
	one.c.(*net.TCPConn).CloseWrite()
	if all := <-b.ends; !strings.HasSuffix(all, "\nlast") {
		t.Errorf("the server got %.20q at the end", all[max(0, len(all)-20):])
	}
}

// Cut: half of the request arrives, and nothing after it. The strike says how many bytes there were.
func TestCut(t *testing.T) {
	b := newBench(t)
	c := b.dial(t)
	c.want("warm", "WARM")
	b.proxy.Begin(Fault{Kind: Cut, Request: 2})
	c.want("one", "ONE")
	c.want("commit!", "")
	if s := <-b.strikes; s != (Strike{Cut, 2, 8}) {
		t.Errorf("struck %+v", s)
	}
	if all := <-b.ends; all != "warm\none\ncomm" {
		t.Errorf("the server got %q", all)
	}
	again := b.dial(t)
	again.want("commit!", "COMMIT!") // once only
	if n := b.proxy.End(); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

// Lost: the whole request is carried out, and its reply never comes.
func TestLost(t *testing.T) {
	b := newBench(t)
	c := b.dial(t)
	b.proxy.Begin(Fault{Kind: Lost, Request: 2})
	c.want("one", "ONE")
	c.want("commit", "")
	if s := <-b.strikes; s != (Strike{Lost, 2, 11}) || !b.has("commit\n") {
		t.Errorf("struck %+v; carried out: %v", s, b.has("commit\n"))
	}
	b.dial(t).want("commit", "COMMIT")
}

// Slow: every request is late, and arrives.
func TestSlow(t *testing.T) {
	b := newBench(t)
	b.proxy.Begin(Fault{Kind: Slow, For: time.Millisecond})
	c := b.dial(t)
	c.want("one", "ONE")
	c.want("two", "TWO")
	if s := <-b.strikes; s.Kind != Slow || len(b.strikes) != 0 {
		t.Errorf("struck %+v and %d times more", s, len(b.strikes))
	}
}

// A fault is over with its delivery.
func TestEndTakesOut(t *testing.T) {
	b := newBench(t)
	c := b.dial(t)
	for _, f := range []Fault{{Kind: Cut, Request: 2}, {Kind: Lost, Request: 2}} {
		b.proxy.Begin(f)
		c.want("one", "ONE")
		b.proxy.End()
		c.want("two", "TWO")
	}
	if len(b.strikes) != 0 {
		t.Errorf("%d strikes", len(b.strikes))
	}
}

// What is never answered is no request, whether it comes before the end of its delivery or after it.
func TestUnanswered(t *testing.T) {
	b := newBench(t)
	c := b.dial(t)
	for _, early := range []bool{true, false} {
		b.proxy.Begin(Fault{})
		c.want("one", "ONE")
		if early {
			c.send("close ")
			b.wait(func() bool { return b.proxy.bytes() == len("one\nclose ") })
		}
		if n := b.proxy.End(); n != 1 {
			t.Errorf("early %v: %d requests, want 1", early, n)
		}
		b.proxy.Begin(Fault{Kind: Lost, Request: 2})
		if !early {
			c.send("close ")
		}
		c.want("two", "CLOSE TWO")
		c.want("three", "")
		b.proxy.End()
		c = b.dial(t)
	}
}

func (p *Proxy) bytes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.round.bytes
}

// wait waits until something is so that no channel tells.
func (b *bench) wait(until func() bool) {
	for !until() {
		runtime.Gosched()
	}
}

func (c *client) send(text string) {
	if _, err := io.WriteString(c.c, text); err != nil {
		c.t.Error(err)
	}
}

// A server that cannot be reached is seen as one that hangs up, and Close ends what is left.
func TestNobodyBehind(t *testing.T) {
	p := New(Options{Dial: func(context.Context) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }})
	address, err := p.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if rest, _ := io.ReadAll(c); !bytes.Equal(rest, nil) {
		t.Errorf("got %q", rest)
	}
	p.Close()
	b := newBench(t)
	open := b.dial(t)
	open.want("a", "A")
	b.proxy.Close()
	open.want("b", "")
}
