package plainredis

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"pgregory.net/rapid"

	"hookonce/dedupe/storetest/redisserver"
)

// clock is the time of both servers.
type clock struct{ now time.Time }

// pair is this Redis and miniredis, which get the same commands.
type pair struct {
	clock  *clock
	server *Server
	ours   *bufio.ReadWriter
	mini   *miniredis.Miniredis // nil for a real server
	their  *bufio.ReadWriter
	multi  bool
}

func newPair() *pair {
	p := &pair{clock: &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}}
	p.server = New(func() time.Time { return p.clock.now })
	p.ours = buffered(p.server.Dial())
	return p
}

// withMini compares with miniredis, on one clock.
func (p *pair) withMini(t *rapid.T) (end func()) {
	p.mini = miniredis.NewMiniRedis()
	p.mini.ClockTTL(true)
	p.mini.SetTime(p.clock.now)
	their, err := p.mini.Dial()
	if err != nil {
		t.Fatal(err)
	}
	p.their = buffered(their)
	return func() { p.server.Close(); _ = their.Close(); p.mini.Close() }
}

// withReal compares with a real server, whose clock nobody moves.
func (p *pair) withReal(t *rapid.T, address string) (end func()) {
	their, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	p.their = buffered(their)
	for _, args := range [][]string{{"flushall"}, {"script", "flush"}} {
		if diff := p.same(args...); diff != "" {
			t.Fatal(diff)
		}
	}
	return func() { p.server.Close(); _ = their.Close() }
}

func buffered(c net.Conn) *bufio.ReadWriter {
	return bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
}

func (p *pair) pass(d time.Duration) {
	p.clock.now = p.clock.now.Add(d)
	p.mini.SetTime(p.clock.now)
}

// ask sends a command and reads its answer as bytes.
func ask(c *bufio.ReadWriter, args []string) (string, error) {
	fmt.Fprintf(c, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(c, "$%d\r\n%s\r\n", len(a), a)
	}
	if err := c.Flush(); err != nil {
		return "", err
	}
	return readReply(c)
}

func readReply(c *bufio.ReadWriter) (string, error) {
	line, err := c.ReadString('\n')
	if err != nil {
		return "", err
	}
	n, _ := strconv.Atoi(strings.TrimSpace(line[1:]))
	switch {
	case line[0] == '$' && n >= 0:
		b := make([]byte, n+2)
		_, err = io.ReadFull(c, b)
		return line + string(b), err
	case line[0] == '*' && n >= 0:
		for range n {
			part, err := readReply(c)
			if err != nil {
				return "", err
			}
			line += part
		}
	}
	return line, nil
}

// same sends a command to both and says how their answers differ; "" if they do not.
func (p *pair) same(args ...string) string {
	ours, err := ask(p.ours, args)
	if err != nil {
		return fmt.Sprintf("%q: %v", args, err)
	}
	theirs, err := ask(p.their, args)
	if err != nil {
		return fmt.Sprintf("%q: miniredis: %v", args, err)
	}
	if p.mini != nil && ours[0] == '-' && theirs[0] == '-' && args[0] == "eval" { // it hides a command's error in one of its own
		return ""
	}
	ours, theirs = failures.ReplaceAllString(ours, "$1"), failures.ReplaceAllString(theirs, "$1")
	if args[0] == "hgetall" || args[0] == "smembers" {
		ours, theirs = unordered(ours), unordered(theirs)
	}
	if ours != theirs {
		return fmt.Sprintf("%q: answers %q, miniredis %q", args, ours, theirs)
	}
	return ""
}

// failures are errors: their first word is their kind, and their text is each server's own.
var failures = regexp.MustCompile(`(?m)^(-[A-Z]+) .*$`)

func unordered(reply string) string {
	parts := strings.Split(reply, "\r\n")
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

const swap = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return {0, redis.call('PERSIST', KEYS[1])} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('HSET', KEYS[2], 'n', 1, ARGV[2], 2.5)
return {1, redis.call('HMGET', KEYS[2], 'n', 'x', ARGV[2]), 'end', true, false, 'unseen'}`

const failing = `local r = redis.pcall('HGET', KEYS[1], 'a') if type(r) == 'table' and r.err then return r end return redis.call('INCR', KEYS[1])`

// draw makes a command up: mostly sensible ones on few keys, so that they meet.
func draw(t *rapid.T) []string {
	key := rapid.SampledFrom([]string{"k", "l", "m"})
	value := rapid.SampledFrom([]string{"1", "v", "-3", "", "9223372036854775807", "x y\r\n"})
	field := rapid.SampledFrom([]string{"a", "b", "c"})
	small := rapid.Map(rapid.IntRange(-2, 5), strconv.Itoa)
	ttl := rapid.SampledFrom([]string{"1", "2", "1500", "3000", "0", "-1", "x"})
	k, v, f := key.Draw(t, "key"), value.Draw(t, "value"), field.Draw(t, "field")
	shapes := [][]string{
		{"get", k}, {"set", k, v}, {"set", k, v, "nx"}, {"set", k, v, "xx"}, {"set", k, v, "px", ttl.Draw(t, "ttl")},
		{"set", k, v, "ex", ttl.Draw(t, "ttl"), "nx"}, {"set", k, v, "keepttl"}, {"set", k, v, "get"}, {"set", k, v, "nx", "xx"},
		{"setnx", k, v}, {"setex", k, ttl.Draw(t, "ttl"), v}, {"psetex", k, ttl.Draw(t, "ttl"), v}, {"getset", k, v}, {"getdel", k},
		{"strlen", k}, {"append", k, v}, {"incr", k}, {"decr", k}, {"incrby", k, small.Draw(t, "by")}, {"decrby", k, small.Draw(t, "by")},
		{"mget", k, "l"}, {"mset", k, v, "m", "w"},
		{"del", k}, {"del", k, "l"}, {"unlink", k}, {"exists", k, k, "l"}, {"type", k}, {"persist", k}, {"ttl", k}, {"pttl", k},
		{"expire", k, ttl.Draw(t, "ttl")}, {"pexpire", k, ttl.Draw(t, "ttl")},
		{"hget", k, f}, {"hset", k, f, v}, {"hset", k, f, v, "d", v}, {"hsetnx", k, f, v}, {"hmget", k, f, "d"}, {"hgetall", k},
		{"hdel", k, f, "d"}, {"hexists", k, f}, {"hincrby", k, f, small.Draw(t, "by")}, {"hlen", k},
		{"lpush", k, v, "w"}, {"rpush", k, v}, {"lpop", k}, {"rpop", k}, {"llen", k}, {"lrange", k, small.Draw(t, "from"), small.Draw(t, "to")},
		{"lrem", k, small.Draw(t, "count"), v},
		{"sadd", k, f, "d"}, {"srem", k, f}, {"sismember", k, f}, {"scard", k}, {"smembers", k},
		{"eval", swap, "2", k, "h", v, "w", "1500"}, {"eval", failing, "1", k}, {"eval", "return redis.error_reply('MINE broken')", "0"},
		{"evalsha", digest(swap), "2", k, "h", v, "w", "1500"}, {"script", "exists", digest(swap)}, {"eval", "return redis.call('NOPE')", "0"},
		{"multi"}, {"exec"}, {"discard"}, {"watch", k}, {"unwatch"}, {"dbsize"}, {"time"}, {"ping"}, {"nope"}, {"get"}, {"flushall"},
	}
	return rapid.SampledFrom(shapes).Draw(t, "command")
}

// Whatever is asked in whatever order, miniredis answers the same, and as time passes.
func TestLikeMiniredis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPair()
		defer p.withMini(t)()
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			if rapid.IntRange(0, 9).Draw(t, "wait") == 0 {
				p.pass(time.Duration(rapid.IntRange(1, 4).Draw(t, "halves")) * 500 * time.Millisecond)
			}
			p.ask(t, draw(t))
		}
	})
}

// A real Redis answers the same, as long as no time passes.
func TestLikeRedis(t *testing.T) {
	address := redisserver.Start(t)
	rapid.Check(t, func(t *rapid.T) {
		p := newPair()
		defer p.withReal(t, address)()
		for range rapid.IntRange(1, 60).Draw(t, "commands") {
			args := draw(t)
			for i, a := range args[1:] {
				if scripted := strings.HasPrefix(args[0], "eval"); scripted && i+2 < len(args) {
					continue
				}
				if a == "1" || a == "2" || a == "1500" || a == "3000" {
					args[i+1] = "10000000" // far beyond the test, whatever the unit
				}
			}
			p.ask(t, args)
		}
	})
}

func (p *pair) ask(t *rapid.T, args []string) {
	if p.excused(args) {
		return
	}
	if diff := p.same(args...); diff != "" {
		t.Fatal(diff)
	}
}

// excused are commands whose answer is no function of what was asked, and those in which miniredis
// is not what Redis is: within a transaction it looks at more than a command's name and number of
// arguments before it queues it, forgives an unknown one, it takes NX with XX, and rounds half a second down, and forgets
// scripts in its own way.
func (p *pair) excused(args []string) bool {
	if p.mini == nil {
		return args[0] == "time" || args[0] == "pttl"
	}
	if slices.Contains(args, "xx") && slices.Contains(args, "nx") || args[0] == "ttl" || args[0] == "evalsha" || args[0] == "script" {
		return true
	}
	switch args[0] {
	case "multi":
		p.multi = true
	case "exec", "discard":
		p.multi = false
	}
	if args[0] == "hincrby" { // it lets numbers overflow
		return true
	}
	return p.multi && (args[0] == "set" || args[0] == "setex" || args[0] == "psetex" || args[0] == "expire" || args[0] == "pexpire" ||
		strings.HasPrefix(args[0], "eval") || args[0] == "script" || args[0] == "nope")
}
