package proxy

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"hookonce/dedupe/storetest/redisserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// before returns a proxy before a real server, and both addresses.
func before(t testing.TB, known *IDs, o Options) (p *Proxy, through, direct string) {
	t.Helper()
	direct = redisserver.Start(t)
	o.Dial = dialTo(direct)
	p = New(o)
	p.Know(known)
	t.Cleanup(p.Close)
	through, err := p.Listen("127.0.0.1:0", "")
	if err != nil {
		t.Fatal(err)
	}
	return p, through, direct
}

func dialTo(addr string) func(context.Context) (net.Conn, error) {
	return func(ctx context.Context) (net.Conn, error) { return new(net.Dialer).DialContext(ctx, "tcp", addr) }
}

// goRedis runs the usual commands and tells what came of each.
func goRedis(t *testing.T, addr string, protocol int) (out []string) {
	ctx := t.Context()
	c := redis.NewClient(&redis.Options{Addr: addr, Protocol: protocol})
	defer c.Close()
	note := func(what string, v any, err error) { out = append(out, fmt.Sprintf("%s: %v %v", what, v, err)) }
	do := func(args ...any) { v, err := c.Do(ctx, args...).Result(); note(fmt.Sprint(args[0]), v, err) }
	do("flushall")
	do("set", "k", "v", "ex", 60, "nx")
	do("set", "k", "w", "nx")
	do("get", "k")
	do("get", "none")
	do("hset", "h", "a", 1, "b", 2)
	do("hgetall", "h")
	do("zadd", "z", 1.5, "m")
	do("zscore", "z", "m")
	do("lpush", "l", 1, 2, 3)
	do("lrange", "l", 0, -1)
	do("incr", "h")
	do("nonsense")
	do("set", "big", strings.Repeat("x", 300_000))
	do("get", "big")
	do("set", "binary", "\r\n*3\r\n$-1\r\n\x00")
	do("get", "binary")
	cmds, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i := range 2000 {
			p.Set(ctx, fmt.Sprint("p", i), i, 0)
			p.Get(ctx, fmt.Sprint("p", i))
		}
		return nil
	})
	for _, x := range cmds {
		note("pipeline", x.String(), x.Err())
	}
	note("pipelined", len(cmds), err)
	cmds, err = c.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Incr(ctx, "n"); p.Incr(ctx, "n"); p.LPop(ctx, "k"); return nil })
	note("tx", len(cmds), err)
	for _, x := range cmds {
		note("in tx", x.String(), nil)
	}
	v, err := redis.NewScript(`return {KEYS[1], ARGV[1], redis.call('GET', KEYS[1])}`).Run(ctx, c, []string{"k"}, "arg").Result()
	note("script", v, err)
	sub := c.Subscribe(ctx, "ch")
	defer sub.Close()
	m, err := sub.Receive(ctx)
	note("subscribe", m, err)
	do("publish", "ch", "hello")
	msg, err := sub.ReceiveMessage(ctx)
	note("message", msg, err)
	note("unsubscribe", nil, sub.Unsubscribe(ctx, "ch"))
	m, err = sub.Receive(ctx)
	note("unsubscribed", m, err)
	popped := make(chan string, 1)
	go func() { v, err := c.BLPop(ctx, 5*time.Second, "q").Result(); popped <- fmt.Sprint(v, err) }()
	do("rpush", "q", "job")
	note("blpop", <-popped, nil)
	v, err = c.BLPop(ctx, time.Second, "empty").Result()
	note("blpop in vain", v, err)
	err = c.Watch(ctx, func(tx *redis.Tx) error {
		c.Set(ctx, "w", 2, 0)
		_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Set(ctx, "w", 3, 0); return nil })
		return err
	}, "w")
	note("watch", nil, err)
	it := c.Scan(ctx, 0, "h*", 100).Iterator()
	for it.Next(ctx) {
		note("scan", it.Val(), it.Err())
	}
	return out
}

func TestGoRedisSeesNoDifference(t *testing.T) {
	_, through, direct := before(t, &IDs{}, Options{OnCommand: noted(nil)})
	for _, protocol := range []int{2, 3} {
		want, got := goRedis(t, direct, protocol), goRedis(t, through, protocol)
		same(t, want, got)
		if len(got) < 4000 {
			t.Errorf("only %d answers", len(got))
		}
	}
}

func same(t *testing.T, want, got []string) {
	t.Helper()
	for i := range max(len(want), len(got)) {
		var w, g string
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g {
			t.Fatalf("answer %d differs:\nwant %.300s\n got %.300s", i, w, g)
		}
	}
}

const usual = `SET k v EX 60 NX
SET k w NX
GET k
GET none
HSET h a 1 b 2
HGETALL h
MULTI
INCR n
LPOP k
EXEC
EVAL "return {KEYS[1],ARGV[1]}" 1 key arg
ZADD z 1.5 m
ZSCORE z m
NONSENSE
HGETALL h
PING
PING again
BLPOP empty 0.1
`

func TestRedisCliSeesNoDifference(t *testing.T) {
	bin := program(t, "redis-cli")
	_, through, direct := before(t, &IDs{}, Options{OnCommand: noted(nil)})
	run := func(addr string, args ...string) string {
		_, port, _ := net.SplitHostPort(addr)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, bin, append([]string{"-p", port}, args...)...)
		cmd.Stdin = strings.NewReader("FLUSHALL\n" + usual)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("redis-cli %v: %v\n%s", args, err, out)
		}
		return string(out)
	}
	for _, args := range [][]string{nil, {"-3"}, {"--no-raw"}} {
		if want, got := run(direct, args...), run(through, args...); got != want || len(got) < 100 {
			t.Errorf("%v:\nwant %s\n got %s", args, want, got)
		}
	}
	pipe := func(addr string) string {
		_, port, _ := net.SplitHostPort(addr)
		cmd := exec.Command(bin, "-p", port, "--pipe")
		cmd.Stdin = strings.NewReader(strings.Repeat("SET a 1\r\n", 5000))
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if want, got := pipe(direct), pipe(through); got != want {
		t.Errorf("--pipe: want %s, got %s", want, got)
	}
}

func TestIORedisSeesNoDifference(t *testing.T) {
	node := program(t, "node")
	targets, err := filepath.Abs("../../testdata/targets")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(targets, "node_modules", "ioredis")); err != nil {
		missing(t, "npm ci --prefix testdata/targets")
	}
	_, through, direct := before(t, &IDs{}, Options{OnCommand: noted(nil)})
	run := func(addr string) string {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		defer cancel()
		script, err := os.ReadFile("testdata/usual.js")
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(ctx, node, "-e", string(script), "redis://"+addr)
		cmd.Dir = targets
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	same(t, strings.Split(run(direct), "\n"), strings.Split(run(through), "\n"))
}

func program(t testing.TB, name string) string {
	t.Helper()
	bin, err := exec.LookPath(name)
	if err != nil {
		missing(t, name+" on PATH")
	}
	return bin
}

// missing skips, but not where CI is set.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("this test needs %s", what)
	}
	t.Skipf("this test needs %s", what)
}

// BenchmarkRedisBenchmark compares throughput and the median through the proxy with those without, in turns: before a Redis
// server, where client, proxy and server share the machine's processors, and before the embedded Redis, which is in the proxy's process.
func BenchmarkRedisBenchmark(b *testing.B) {
	bin := program(b, "redis-benchmark")
	for name, server := range map[string]func(testing.TB) (string, func(context.Context) (net.Conn, error)){"server": overTCP, "embedded": inProcess} {
		direct, dial := server(b)
		p := New(Options{Dial: dial, OnCommand: noted(nil)})
		p.Know(manyIDs())
		b.Cleanup(p.Close)
		through, err := p.Listen("127.0.0.1:0", "")
		if err != nil {
			b.Fatal(err)
		}
		for _, kind := range []struct{ name, c, pipe, n string }{{"one", "1", "1", "20000"}, {"fifty", "50", "1", "60000"}, {"pipelined", "50", "16", "300000"}} {
			b.Run(name+"/"+kind.name, func(b *testing.B) {
				var d, p, dm, pm float64
				for b.Loop() {
					x, m := redisBenchmark(b, bin, direct, "-c", kind.c, "-P", kind.pipe, "-n", kind.n)
					d, dm = d+x, dm+m
					x, m = redisBenchmark(b, bin, through, "-c", kind.c, "-P", kind.pipe, "-n", kind.n)
					p, pm = p+x, pm+m
				}
				b.ReportMetric(p/float64(b.N), "through/s")
				b.ReportMetric(d/float64(b.N), "direct/s")
				b.ReportMetric(100*p/d, "%ofdirect")
				b.ReportMetric((pm-dm)/float64(b.N)*1000, "added-us-p50")
			})
		}
	}
}

func overTCP(t testing.TB) (direct string, dial func(context.Context) (net.Conn, error)) {
	direct = redisserver.Start(t)
	return direct, dialTo(direct)
}

func inProcess(t testing.TB) (direct string, dial func(context.Context) (net.Conn, error)) {
	m := miniredis.NewMiniRedis()
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m.Addr(), func(context.Context) (net.Conn, error) { return m.Dial() }
}

var rps = regexp.MustCompile(`([0-9.]+) requests per second(?:, p50=([0-9.]+))?`)

// redisBenchmark is how many commands a second a server carries out, and the median time of one in milliseconds.
func redisBenchmark(b *testing.B, bin, addr string, more ...string) (perSecond, p50 float64) {
	_, port, _ := net.SplitHostPort(addr)
	out, err := exec.Command(bin, append([]string{"-q", "-p", port, "-t", "set"}, more...)...).Output()
	all := rps.FindAllSubmatch(out, -1)
	if err != nil || len(all) == 0 {
		b.Fatalf("%v: %q", err, out)
	}
	m := all[len(all)-1]
	fmt.Sscan(string(m[1]), &perSecond)
	fmt.Sscan(string(m[2]), &p50)
	return perSecond, p50
}

func manyIDs() *IDs {
	x := &IDs{}
	for i := range 1000 {
		x.Add(fmt.Sprintf("evt_1OqQ%016d", i*7919), fmt.Sprint(i))
	}
	return x
}
