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
