package proxy

import (
	"bufio"
	"context"
	"io"
	"net"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/replay"
)

// commands collects what the proxy tells.
type commands struct {
	mu   sync.Mutex
	list []replay.Command
}

func noted(c *commands) func(replay.Command) {
	return func(x replay.Command) {
		if c == nil {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.list = append(c.list, x)
	}
}

func (c *commands) of(event string) (out []replay.Command) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, x := range c.list {
		if x.Event == event {
			out = append(out, x)
		}
	}
	return out
}

func ids(events ...string) *IDs {
	x := &IDs{}
	for _, e := range events {
		x.Add(e, e)
	}
	return x
}

// once is a client that never tries again by itself.
func once(t *testing.T, addr string) *redis.Client {
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: 2, MaxRetries: -1, DisableIdentity: true, ReadTimeout: time.Minute, PoolSize: 1})
	t.Cleanup(func() { c.Close() })
	return c
}

func TestLogTellsTheEvent(t *testing.T) {
	log := &commands{}
	_, through, _ := before(t, ids("evt_1", "evt_2"), Options{OnCommand: noted(log)})
	c, ctx := once(t, through), t.Context()
	c.SetNX(ctx, "webhook_lock:evt_1", "processing", time.Minute)
	c.Do(ctx, "auth", "hunter2", "swordfish")
	c.Get(ctx, "none")
	c.Eval(ctx, "-- claim\nreturn redis.call('GET', KEYS[1])", []string{"webhook_lock:evt_1"}, "x")
	c.HSet(ctx, "h", "last", `{"id":"evt_2"}`)
	got := log.of("evt_1")
	if len(got) != 2 || got[0].Text() != "SET webhook_lock:evt_1 processing ex 60 nx" || got[0].Reply != "OK" || got[0].N != 1 ||
		got[0].End < got[0].At || got[1].Text() != "EVAL (script: claim) 1 webhook_lock:evt_1 x" || got[1].Reply != "processing" || got[1].N != 2 {
		t.Errorf("evt_1: %+v", got)
	}
	if got := log.of("evt_2"); len(got) != 1 || got[0].Name != "HSET" || got[0].Reply != "1" {
		t.Errorf("evt_2: %+v", got)
	}
	for _, x := range log.of("") {
		if strings.Contains(x.Text(), "hunter2") || strings.Contains(x.Text(), "swordfish") {
			t.Errorf("a password is in the log: %s", x.Text())
		}
		if x.Name == "GET" && x.Reply != "nil" {
			t.Errorf("%+v", x)
		}
	}
}

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		fault    Fault
		err      string // of the second command
		executed bool
	}{
		{Fault{Kind: CutBefore, Command: 2}, "EOF", false},
		{Fault{Kind: CutAfter, Command: 2}, "EOF", true},
		{Fault{Kind: Error, Command: 2, Text: "READONLY You can't write against a read only replica."}, "READONLY", false},
		{Fault{Kind: Latency, Command: 2, For: time.Millisecond}, "", true},
		{Fault{Kind: Refuse, Command: 2, For: time.Millisecond}, "EOF", false},
		{Fault{Kind: Evict, Command: 2}, "", false},
		{Fault{Kind: Flush, Command: 2}, "", false},
	} {
		t.Run(string(test.fault.Kind), func(t *testing.T) {
			log := &commands{}
			struck := make(chan Fault, 10)
			p, through, direct := before(t, ids("evt_1"), Options{OnCommand: noted(log),
				OnFault: func(f Fault, _ replay.Command) { struck <- f }})
			test.fault.Event = "evt_1"
			p.Arm(test.fault, Fault{Kind: CutBefore, Event: "evt_9", ID: 9})
			c, ctx := once(t, through), t.Context()
			c.Set(ctx, "other", "x", 0)
			if err := c.Get(ctx, "a:evt_1").Err(); err != redis.Nil {
				t.Error(err)
			}
			err := c.Set(ctx, "b:evt_1", "x", 0).Err()
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) && !strings.Contains(err.Error(), "reset") {
				t.Errorf("error %v, want %q", err, test.err)
			}
			own := once(t, direct)
			if n := own.Exists(ctx, "b:evt_1").Val(); (n == 1) != test.executed {
				t.Errorf("the key is there: %d", n)
			}
			if n := own.Exists(ctx, "other").Val(); n != 1 {
				t.Error("a key without an event is gone")
			}
			if f := <-struck; !reflect.DeepEqual(f, test.fault) || len(struck) > 0 {
				t.Errorf("struck %+v, and %d more", f, len(struck))
			}
			if idle := p.Heal(); len(idle) != 1 || idle[0].ID != 9 {
				t.Errorf("idle %+v", idle)
			}
			if err := c.Set(ctx, "b:evt_1", "x", 0).Err(); err != nil {
				t.Errorf("after healing: %v", err)
			}
			if got := log.of("evt_1"); len(got) != 3 || got[1].Fault != string(test.fault.Kind) || (got[1].End != 0) != (test.executed || test.err == "") {
				t.Errorf("log %+v", got)
			}
		})
	}
}

// What a Hold does is over before the client hears of its command, which the server has carried out; it is written down as any other.
func TestHold(t *testing.T) {
	log := &commands{}
	p, through, direct := before(t, ids("evt_1"), Options{OnCommand: noted(log),
		OnFault: func(f Fault, _ replay.Command) { t.Errorf("a fault: %+v", f) }})
	c, own, ctx := once(t, through), once(t, direct), t.Context()
	var there int64
	heard := make(chan struct{})
	p.Arm(Fault{Kind: Hold, Event: "evt_1", Command: 2, Do: func() {
		there = own.Exists(ctx, "b:evt_1").Val()
		select {
		case <-heard:
			t.Error("the client was answered before")
		default:
		}
	}})
	for _, k := range []string{"a:evt_1", "b:evt_1", "c:evt_1"} {
		if err := c.Set(ctx, k, "x", 0).Err(); err != nil {
			t.Fatal(err)
		}
		if k == "b:evt_1" {
			close(heard)
		}
	}
	if there != 1 {
		t.Error("it was called before the server had carried the command out")
	}
	if got := log.of("evt_1"); len(got) != 3 || got[1].Fault != "" || got[1].End == 0 {
		t.Errorf("log %+v", got)
	}
}

func TestBlackholeEndsWithHealing(t *testing.T) {
	struck := make(chan bool, 1)
	p, through, direct := before(t, ids("evt_1"), Options{OnFault: func(Fault, replay.Command) { struck <- true }})
	p.Arm(Fault{Kind: Blackhole, Event: "evt_1", Command: 1})
	c := once(t, through)
	answered := make(chan error)
	go func() { answered <- c.Set(context.Background(), "evt_1", "x", 0).Err() }()
	<-struck
	select {
	case err := <-answered:
		t.Errorf("answered: %v", err)
	default:
	}
	p.Heal()
	if err := <-answered; err == nil {
		t.Error("no error")
	}
	if n := once(t, direct).Exists(t.Context(), "evt_1").Val(); n != 0 {
		t.Error("the command was passed on")
	}
}

// An error in a transaction ends it, as it would on the server.
func TestErrorInTransaction(t *testing.T) {
	p, through, direct := before(t, ids("evt_1"), Options{})
	p.Arm(Fault{Kind: Error, Event: "evt_1", Command: 1, Text: "OOM command not allowed when used memory > 'maxmemory'."})
	c, ctx := once(t, through), t.Context()
	_, err := c.TxPipelined(ctx, func(x redis.Pipeliner) error {
		x.Set(ctx, "a", 1, 0)
		x.Set(ctx, "evt_1", 1, 0)
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), "OOM") && !strings.Contains(err.Error(), "EXECABORT") {
		t.Errorf("error %v", err)
	}
	if n := once(t, direct).Exists(ctx, "a", "evt_1").Val(); n != 0 {
		t.Errorf("%d keys were written", n)
	}
	if err := c.Set(ctx, "a", 1, 0).Err(); err != nil {
		t.Error(err)
	}
}

// replies sends commands one by one and returns the first lines of their replies.
func replies(t *testing.T, c net.Conn, commands ...string) (lines []string) {
	t.Helper()
	in := bufio.NewReader(c)
	for _, cmd := range commands {
		if _, err := c.Write(Encode(strings.Fields(cmd)...)); err != nil {
			t.Fatal(err)
		}
		line, err := in.ReadString('\n')
		if err != nil {
			return append(lines, err.Error())
		}
		lines = append(lines, strings.TrimSuffix(line, "\r\n"))
	}
	return lines
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// A transaction whose end is answered with an error is over on the server too.
func TestErrorAtTheEndOfATransaction(t *testing.T) {
	for _, end := range []string{"EXEC", "DISCARD"} {
		log := &commands{}
		p, through, direct := before(t, ids("evt_1"), Options{OnCommand: noted(log)})
		c := dial(t, through)
		got := replies(t, c, "MULTI", "SET a 1")
		p.Outage(Fault{Kind: Error, Text: "LOADING", Event: "evt_1"})
		got = append(got, replies(t, c, end)...)
		p.Recover()
		got = append(got, replies(t, c, "INCR b", "MULTI", "INCR b", "EXEC")...)
		if want := "+OK|+QUEUED|-LOADING|:1|+OK|+QUEUED|*1"; strings.Join(got, "|") != want {
			t.Errorf("%s: %q, want %s", end, got, want)
		}
		if n := once(t, direct).Exists(t.Context(), "a").Val(); n != 0 {
			t.Errorf("%s: the transaction was carried out", end)
		}
		if seen := log.of("evt_1"); len(seen) != 1 || seen[0].Fault != string(Error) || seen[0].Reply != "(error) LOADING" {
			t.Errorf("%s: %+v", end, seen)
		}
	}
}

// What is to strike when a command of a transaction has been carried out strikes when the transaction has been.
func TestStrikesAfterATransaction(t *testing.T) {
	for _, x := range []struct {
		kind    Kind
		end     string
		replies string // to MULTI, SET evt_1, SET evt_1 and end
		left    int64  // whether its key is there afterwards
	}{
		{CutAfter, "EXEC", "+OK|+QUEUED|+QUEUED|EOF", 1},
		{CutAfter, "DISCARD", "+OK|+QUEUED|+QUEUED|EOF", 0},
		{CutAfter, "RESET", "+OK|+QUEUED|+QUEUED|EOF", 0},
		{Evict, "EXEC", "+OK|+QUEUED|+QUEUED|*2", 0},
		{Flush, "EXEC", "+OK|+QUEUED|+QUEUED|*2", 0},
	} {
		p, through, direct := before(t, ids("evt_1"), Options{})
		c := dial(t, through)
		p.Arm(Fault{Kind: x.kind, Event: "evt_1", Command: 1})
		if got := strings.Join(replies(t, c, "MULTI", "SET evt_1 1", "SET evt_1 2", x.end), "|"); got != x.replies {
			t.Errorf("%s, %s: %s, want %s", x.kind, x.end, got, x.replies)
		}
		if n := once(t, direct).Exists(t.Context(), "evt_1").Val(); n != x.left {
			t.Errorf("%s, %s: %d keys, want %d", x.kind, x.end, n, x.left)
		}
		if idle := p.Heal(); len(idle) != 0 {
			t.Errorf("%s, %s: it never struck", x.kind, x.end)
		}
		if x.kind != CutAfter { // once, and not at the next one
			replies(t, c, "MULTI", "SET evt_1 3", "EXEC")
			if n := once(t, direct).Exists(t.Context(), "evt_1").Val(); n != 1 {
				t.Errorf("%s: it struck again", x.kind)
			}
		}
	}
}

// A client that goes back to RESP2 hears of subscriptions by replies again: no other command gets them as its own.
func TestBackToRESP2(t *testing.T) {
	for _, back := range []string{"HELLO 2\r\n", "RESET\r\n"} {
		log := &commands{}
		p, through, _ := before(t, ids("evt_1"), Options{OnCommand: noted(log)})
		c, err := net.Dial("tcp", through)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		in := bufio.NewReader(c)
		for _, step := range []struct{ send, until string }{
			{"HELLO 3\r\nPING a\r\n", "a\r\n"}, {back + "PING b\r\n", "b\r\n"}, {"SUBSCRIBE c\r\nUNSUBSCRIBE c\r\nGET evt_1\r\nPING d\r\n", "d\r\n"},
		} {
			if _, err := io.WriteString(c, step.send); err != nil {
				t.Fatal(err)
			}
			for line := ""; line != step.until; {
				if line, err = in.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
		}
		p.Close()
		if got := log.of("evt_1"); len(got) != 1 || got[0].Reply != "" {
			t.Errorf("after %q: %+v", back, got)
		}
	}
}

func TestEveryByteMayComeAlone(t *testing.T) {
	log := &commands{}
	_, through, _ := before(t, ids("evt_1"), Options{OnCommand: noted(log)})
	c, err := net.Dial("tcp", through)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, b := range []byte("PING\r\n\r\n*3\r\n$3\r\nSET\r\n$5\r\nevt_1\r\n$4\r\na\r\nb\r\n*2\r\n$3\r\nGET\r\n$5\r\nevt_1\r\n") {
		if _, err := c.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	want := "+PONG\r\n+OK\r\n$4\r\na\r\nb\r\n"
	got := make([]byte, len(want))
	for n := 0; n < len(got); {
		m, err := c.Read(got[n:])
		if n += m; err != nil {
			t.Fatal(err)
		}
	}
	if string(got) != want {
		t.Errorf("%q", got)
	}
}

func TestScale(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	for in, want := range map[string]string{
		"SET k v EX 60 NX":          "SET k v PX 600 NX",
		"set k v px 100":            "set k v PX 1",
		"SET k ex 5":                "",
		"SET k v EXAT 1100":         "SET k v PXAT 1001000",
		"SETEX k 100 v":             "PSETEX k 1000 v",
		"EXPIRE k 3600 NX":          "PEXPIRE k 36000 NX",
		"PEXPIREAT k 1000100":       "PEXPIREAT k 1000001",
		"EXPIRE k -1":               "",
		"GETEX k EX 100":            "GETEX k PX 1000",
		"GET k":                     "",
		"EXPIRE k 9999999999999999": "",
	} {
		var args [][]byte
		for _, w := range strings.Fields(in) {
			args = append(args, []byte(w))
		}
		got := string(scale{factor: 0.01}.scaled(args, now))
		if want != "" {
			want = string(Encode(strings.Fields(want)...))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// What lives shortly lives as long as it did: it is a lock, and the work it guards takes as long as ever.
func TestScaleHasALeast(t *testing.T) {
	by := scale{factor: 0.001, least: time.Second}
	for in, want := range map[time.Duration]time.Duration{
		24 * time.Hour: 86400 * time.Millisecond, time.Minute: time.Second, 200 * time.Millisecond: 200 * time.Millisecond,
	} {
		if got := by.of(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

func TestFramer(t *testing.T) {
	replies := []string{"+OK\r\n", "-ERR no\r\n", ":1\r\n", "$-1\r\n", "$0\r\n\r\n", "$3\r\na\r\n\r\n", "*-1\r\n", "*0\r\n", "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n",
		"%1\r\n+a\r\n*0\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(123\r\n", "~1\r\n:1\r\n", ">2\r\n+a\r\n+b\r\n", "|1\r\n+ttl\r\n:3\r\n$1\r\nv\r\n", "=7\r\ntxt:abc\r\n"}
	all := strings.Join(replies, "")
	for size := 1; size < len(all); size++ {
		var f framer
		var got []string
		var frame []byte
		for from := 0; from < len(all); from += size {
			b := []byte(all[from:min(from+size, len(all))])
			for len(b) > 0 {
				n, done, err := f.next(b)
				if err != nil {
					t.Fatal(err)
				}
				if frame, b = append(frame, b[:n]...), b[n:]; done {
					got, frame = append(got, string(frame)), nil
				}
			}
		}
		if !reflect.DeepEqual(got, replies) {
			t.Fatalf("pieces of %d: %q", size, got)
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n|1\r\n+a\r\n:1\r\n:2\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var fr framer
		for rest := b; len(rest) > 0; {
			n, _, err := fr.next(rest)
			if err != nil {
				break
			}
			if n <= 0 {
				t.Fatal("no progress")
			}
			rest = rest[n:]
		}
		var c command
		for rest := b; len(rest) > 0; {
			need, err := c.scan(rest)
			if err != nil || need > 0 {
				if err == nil && need <= len(rest) {
					t.Fatalf("needs %d of %d", need, len(rest))
				}
				return
			}
			rest = rest[len(c.raw):]
		}
	})
}

func TestIDs(t *testing.T) {
	x := ids("evt_12", "evt_123", "abc", "order-1", "order-10", "order-1-refund", "preorder-1", "1000", "10001", "7f-4")
	for text, want := range map[string]string{
		"lock:evt_12": "evt_12", "evt_123": "evt_123", "evt_1": "", "": "", "abc": "", "x evt_12 y": "evt_12", "x evt_129 y": "",
		"evt_12a": "", "evt_129 evt_12": "evt_12", "lockevt_12": "evt_12", "9evt_12": "evt_12", "evt_12_lock": "evt_12", "evt_12:evt_123": "evt_12",
		"lock:order-1": "order-1", "lock:order-10": "order-10", "order-100": "", "order-1-refund": "order-1-refund", "order-1-re": "order-1", "order-1-refunded": "order-1",
		"preorder-1": "preorder-1", "reorder-1": "order-1", "lock:1000": "1000", "lock:10001": "10001", "1710002345": "", "11000": "", "x1000": "", "x-1000": "1000",
		"x7f-4": "7f-4", "77f-4": "", "\x001000\xff": "1000",
	} {
		if got := x.Find([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// An outage strikes what belongs to no event, files it under the one that is delivered, lets connections be made, and ends.
func TestOutage(t *testing.T) {
	log := &commands{}
	p, through, _ := before(t, ids("evt_1", "evt_2"), Options{OnCommand: noted(log)})
	c, ctx := once(t, through), t.Context()
	p.Outage(Fault{Kind: Error, Event: "evt_1", Text: "LOADING"})
	if err := c.Ping(ctx).Err(); err == nil || !strings.Contains(err.Error(), "LOADING") {
		t.Errorf("PING: %v", err)
	}
	if err := c.Set(ctx, "done:evt_2", "1", 0).Err(); err == nil || !strings.Contains(err.Error(), "LOADING") {
		t.Errorf("SET: %v", err)
	}
	if err := c.Do(ctx, "select", "0").Err(); err != nil {
		t.Errorf("SELECT: %v", err)
	}
	p.Recover()
	if err := c.Ping(ctx).Err(); err != nil {
		t.Errorf("PING afterwards: %v", err)
	}
	struck := map[string]string{}
	for _, event := range []string{"evt_1", "evt_2"} {
		for _, x := range log.of(event) {
			struck[event] += strings.ToUpper(x.Name) + " " + x.Fault + " "
		}
	}
	if struck["evt_1"] != "PING error " || struck["evt_2"] != "SET error " {
		t.Errorf("struck %v", struck)
	}
}
