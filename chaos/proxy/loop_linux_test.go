package proxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"hookonce/replay"
)

// inLoop is how many sessions are in the loop.
func inLoop(p *Proxy) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.sessions {
		s.mu.Lock()
		if s.looped {
			n++
		}
		s.mu.Unlock()
	}
	return n
}

// talk is a raw connection to a proxy.
func talk(t *testing.T, addr string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func say(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// hear expects exactly that next.
func hear(t *testing.T, c io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("%v: %.300q, want %.300q", err, got[:n], want)
	}
}

// counted are n commands, of which the k-th is of an event, and their replies.
func counted(n, k int) (commands []string, replies []string) {
	for i := 1; i <= n; i++ {
		value := "x"
		if i == k {
			value = "evt_1"
		}
		commands = append(commands, string(Encode("APPEND", "all", value)))
		length := i
		if i >= k {
			length += len("evt_1") - 1
		}
		replies = append(replies, fmt.Sprintf(":%d\r\n", length))
	}
	return commands, replies
}

// A fault takes a session out of the loop in the middle of a pipeline: what came before is answered as ever, and so is what comes after.
func TestFaultInAPipeline(t *testing.T) {
	const n, k = 300, 117
	for _, fault := range []Fault{
		{Kind: Error, Text: "READONLY no"}, {Kind: Latency, For: time.Millisecond}, {Kind: Hold, Do: func() {}}, {Kind: CutBefore}, {Kind: CutAfter},
	} {
		for _, piece := range []int{7, 1000, 1 << 20} {
			t.Run(fmt.Sprint(fault.Kind, piece), func(t *testing.T) {
				log := &commands{}
				p, through, direct := before(t, ids("evt_1"), Options{OnCommand: noted(log)})
				c := talk(t, through)
				say(t, c, "PING\r\n")
				hear(t, c, "+PONG\r\n")
				if inLoop(p) != 1 {
					t.Fatal("a plain session is not in the loop")
				}
				fault.Event, fault.Command = "evt_1", 1
				p.Arm(fault)
				commands, replies := counted(n, k)
				go func() {
					for all := []byte(strings.Join(commands, "")); len(all) > 0; {
						m, err := c.Write(all[:min(piece, len(all))])
						if all = all[m:]; err != nil {
							return // it was cut
						}
					}
				}()
				hear(t, c, strings.Join(replies[:k-1], ""))
				switch fault.Kind {
				case Error:
					hear(t, c, "-READONLY no\r\n")
					for i := k; i < n; i++ {
						hear(t, c, fmt.Sprintf(":%d\r\n", i))
					}
				case Latency, Hold:
					hear(t, c, strings.Join(replies[k-1:], ""))
				default:
					if rest, _ := io.ReadAll(c); len(rest) > 0 {
						t.Errorf("after the cut %q", rest)
					}
					own := talk(t, direct)
					say(t, own, "GET all\r\n")
					has, _ := bufio.NewReader(own).ReadString('\n')
					if least := fmt.Sprintf("$%d\r\n", k-1); fault.Kind == CutBefore && has != least {
						t.Errorf("executed up to %s, not %s", has, least)
					}
				}
				if inLoop(p) != 0 {
					t.Error("a session with a fault is in the loop")
				}
				if got := log.of("evt_1"); len(got) != 1 || got[0].N != 1 {
					t.Errorf("log %+v", got)
				}
			})
		}
	}
}

// A client that does not read holds up itself alone, and loses nothing.
func TestSlowClient(t *testing.T) {
	p, through, _ := before(t, nil, Options{})
	slow, quick := talk(t, through), talk(t, through)
	value := bytes.Repeat([]byte("0123456789"), 10_000)
	say(t, slow, string(Encode("SET", "big", string(value))))
	hear(t, slow, "+OK\r\n")
	const n = 400
	wrote := make(chan error, 1)
	go func() {
		_, err := io.WriteString(slow, strings.Repeat("GET big\r\n", n)+"PING last\r\n")
		wrote <- err
	}()
	for i := 0; inLoop(p) > 1 || i < 1000; i++ {
		say(t, quick, "PING\r\n")
		hear(t, quick, "+PONG\r\n")
	}
	if inLoop(p) != 1 {
		t.Error("the quick one has left the loop")
	}
	reply := fmt.Sprintf("$%d\r\n%s\r\n", len(value), value)
	for range n {
		hear(t, slow, reply)
	}
	hear(t, slow, "$4\r\nlast\r\n")
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}

// stuckServer takes one connection and reads nothing from it until it is told to.
func stuckServer(t *testing.T) (addr string, conn chan net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn = make(chan net.Conn, 1)
	t.Cleanup(func() { l.Close() })
	go func() {
		if c, err := l.Accept(); err == nil {
			conn <- c
		}
	}()
	return l.Addr().String(), conn
}

// A server that does not read gets everything in its order when it does.
func TestSlowServer(t *testing.T) {
	addr, conn := stuckServer(t)
	p := New(Options{Dial: dialTo(addr)})
	t.Cleanup(p.Close)
	through, err := p.Listen("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&all, "*2\r\n$4\r\nECHO\r\n$%d\r\nn%d\r\n", len(fmt.Sprint(i))+1, i)
	}
	c := talk(t, through)
	go func() { _, _ = io.WriteString(c, all.String()) }()
	server := <-conn
	defer server.Close()
	hear(t, server, all.String()[:10])
	for inLoop(p) > 0 {
		time.Sleep(time.Millisecond) // nothing tells when it left: it is asked again
	}
	hear(t, server, all.String()[10:])
}

// What a client sent before it went is carried out, but for the command it did not finish.
func TestClientGoesInTheMiddle(t *testing.T) {
	_, through, direct := before(t, nil, Options{})
	for i := range 50 {
		c := talk(t, through)
		say(t, c, "INCR n\r\nINCR n\r\n*2\r\n$4\r\nINCR\r\n$1\r\n")
		if i%2 == 0 {
			if err := c.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			hear(t, c, fmt.Sprintf(":%d\r\n:%d\r\n", 2*i+1, 2*i+2))
			if rest, err := io.ReadAll(c); len(rest) > 0 || err != nil {
				t.Fatalf("%q %v", rest, err)
			}
			continue
		}
		hear(t, c, fmt.Sprintf(":%d\r\n:%d\r\n", 2*i+1, 2*i+2))
		c.Close()
	}
	own := talk(t, direct)
	say(t, own, "GET n\r\n")
	hear(t, own, "$3\r\n100\r\n")
}

// What replies are no longer told apart in, or no RESP, leaves the loop; bytes are passed on as they are.
func TestOutOfTheOrdinary(t *testing.T) {
	p, through, _ := before(t, nil, Options{})
	for text, want := range map[string]string{
		"PING\r\nSUBSCRIBE a\r\nPING b\r\n":               "+PONG\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*2\r\n$4\r\npong\r\n$1\r\nb\r\n",
		"PING\r\nCLIENT REPLY SKIP\r\nPING\r\nPING b\r\n": "+PONG\r\n$1\r\nb\r\n",
		"PING\r\n*1\r\n+PING\r\n":                         "+PONG\r\n-ERR Protocol error: expected '$', got '+'\r\n",
		"PING\r\n*1\r\n$-1\r\n":                           "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n",
	} {
		c := talk(t, through)
		say(t, c, text)
		hear(t, c, want)
		if inLoop(p) != 0 {
			t.Errorf("%q: in the loop", text)
		}
		c.Close()
	}
}

// Sessions that come and go at random, as they please, get the answers that are theirs, and leave nothing behind.
func TestManySessions(t *testing.T) {
	descriptors := func() int { list, _ := os.ReadDir("/proc/self/fd"); return len(list) }
	_, _, direct := before(t, nil, Options{})
	was := descriptors()
	p := New(Options{Dial: dialTo(direct), OnCommand: noted(nil), OnFault: func(Fault, replay.Command) {}})
	p.Know(ids("evt_1"))
	through, err := p.Listen("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	done, armed := make(chan struct{}), make(chan struct{})
	go func() { // at any moment
		defer close(armed)
		for {
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
				p.Arm(Fault{Kind: Latency, Event: "evt_1", For: time.Millisecond})
				p.Heal()
			}
		}
	}()
	var clients sync.WaitGroup
	for i := range 16 {
		clients.Go(func() {
			r := rand.New(rand.NewPCG(1, uint64(i)))
			for range 25 {
				if err := visit(through, r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	clients.Wait()
	close(done)
	<-armed
	idle := talk(t, through)
	say(t, idle, "PING\r\n")
	hear(t, idle, "+PONG\r\n")
	p.Close()
	p.Close() // once more does no harm
	if rest, _ := io.ReadAll(idle); len(rest) > 0 {
		t.Errorf("%q", rest)
	}
	idle.Close()
	if is := descriptors(); is > was {
		t.Errorf("%d descriptors, %d before", is, was)
	}
}

// visit is a client's whole stay.
func visit(addr string, r *rand.Rand) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	in := bufio.NewReader(c)
	for range r.IntN(8) {
		var out []byte
		var want string
		for range 1 + r.IntN(20) {
			word := fmt.Sprintf("%0*d", 1+r.IntN(3000), r.IntN(10))
			if r.IntN(100) == 0 {
				word += "evt_1"
			}
			out = append(out, Encode("ECHO", word)...)
			want += fmt.Sprintf("$%d\r\n%s\r\n", len(word), word)
		}
		if r.IntN(10) == 0 { // goes without waiting
			_, err := c.Write(out[:r.IntN(len(out))])
			return err
		}
		go func() { _, _ = c.Write(out) }()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != want {
			return fmt.Errorf("%v: %.100q, want %.100q", err, got, want)
		}
	}
	return nil
}
