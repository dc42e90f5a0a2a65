package dispatch

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"hookonce/replay"
)

// sinkWork names the variable that makes this binary a sink; its value is how long each answer takes.
const sinkWork = "HOOKONCE_TEST_SINK_WORK"

// sink is an endpoint in a process of its own, as endpoints are. It answers every request as cheaply as
// possible after the work: what is measured is the sender.
func sink(b testing.TB, work time.Duration) Target {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), sinkWork+"="+work.String())
	in, err := c.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = in.Close()
		_ = c.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	u, err := url.Parse("http://" + strings.TrimSpace(address) + "/hook")
	if err != nil {
		b.Fatal(err)
	}
	return Target{URL: u}
}

// beSink serves until its standard input ends, which it does when the test that started it is gone.
func beSink(work time.Duration) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go serveSink(c, work)
		}
	}()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func serveSink(c net.Conn, work time.Duration) {
	defer c.Close()
	br := bufio.NewReaderSize(c, 16<<10)
	ok := []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	for {
		length := 0
		for {
			line, err := br.ReadSlice('\n')
			if err != nil {
				return
			}
			if v, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
				length, _ = strconv.Atoi(string(bytes.TrimSpace(v)))
			}
			if len(line) <= 2 {
				break
			}
		}
		if _, err := io.CopyN(io.Discard, br, int64(length)); err != nil {
			return
		}
		for end := time.Now().Add(work); work > 0 && time.Now().Before(end); {
			runtime.Gosched()
		}
		if _, err := c.Write(ok); err != nil {
			return
		}
	}
}

func benchPlan(n, gate int, body []byte) replay.Plan {
	p := replay.Plan{Events: []replay.Event{{Key: "e", Type: "t", Body: body}}}
	for i := range n {
		d := replay.Delivery{N: i + 1, Event: "e", Phase: replay.PhaseFault, Role: replay.RoleDuplicate}
		if gate > 0 {
			d.Gate = i/gate + 1
		}
		if gate > 0 && i >= gate {
			d.After = i + 1 - gate - i%gate
		}
		p.Deliveries = append(p.Deliveries, d)
	}
	return p
}

func send(b *testing.B, p replay.Plan, to Target) []replay.Attempt {
	b.Helper()
	r, err := Run(b.Context(), p, to, options())
	if err != nil {
		b.Fatal(err)
	}
	as := drain(r)
	if err := r.Err(); err != nil || len(as) != len(p.Deliveries) {
		b.Fatalf("%d attempts: %v", len(as), err)
	}
	for _, a := range as {
		if a.Outcome != replay.Acked {
			b.Fatalf("%+v", a)
		}
	}
	return as
}

// BenchmarkPlain is how many deliveries of 4 KB are carried out per second, sink included.
func BenchmarkPlain(b *testing.B) {
	to := sink(b, 0)
	p := benchPlan(b.N, 0, make([]byte, 4<<10))
	b.ReportAllocs()
	b.ResetTimer()
	send(b, p, to)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// BenchmarkGate is how close the last bytes of a gate's copies leave, and how often the copies overlap.
func BenchmarkGate(b *testing.B) {
	for _, work := range []time.Duration{0, 100 * time.Microsecond, time.Millisecond} {
		for _, n := range []int{2, 4, 8} {
			b.Run(fmt.Sprintf("work=%s/copies=%d", work, n), func(b *testing.B) {
				to := sink(b, work)
				p := benchPlan(b.N*n, n, make([]byte, 4<<10))
				b.ResetTimer()
				as := send(b, p, to)
				b.StopTimer()
				reportGates(b, p, as)
			})
		}
	}
}

func reportGates(b *testing.B, p replay.Plan, as []replay.Attempt) {
	gates := make([][]replay.Attempt, b.N)
	for _, a := range as {
		g := p.Deliveries[a.Delivery-1].Gate - 1
		gates[g] = append(gates[g], a)
	}
	var spreads []time.Duration
	overlapped := 0
	for i, as := range gates {
		g := replay.GateOf(i+1, as)
		spreads = append(spreads, g.Spread)
		if g.Overlapped {
			overlapped++
		}
	}
	slices.Sort(spreads)
	b.ReportMetric(float64(spreads[len(spreads)/2].Nanoseconds())/1e3, "p50-spread-us")
	b.ReportMetric(float64(spreads[len(spreads)*9/10].Nanoseconds())/1e3, "p90-spread-us")
	b.ReportMetric(100*float64(overlapped)/float64(b.N), "overlapped-%")
}
