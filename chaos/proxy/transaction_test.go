package proxy

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

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
