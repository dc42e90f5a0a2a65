package proxy

import (
	"os"
	"runtime"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkRedisBenchmarkApart compares throughput as BenchmarkRedisBenchmark does, where the proxy has a processor of its own: client and server
// share another one, without the proxy as with it. It says what the proxy itself takes away, and not what sharing does.
func BenchmarkRedisBenchmarkApart(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("two processors are needed")
	}
	bin := program(b, "redis-benchmark")
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		b.Fatal(err)
	}
	for _, t := range tasks {
		id, _ := strconv.Atoi(t.Name())
		keepOn(b, id, 1)
	}
	var direct, through string
	childrenOn(b, 0, func() { direct, _ = overTCP(b) })
	p := New(Options{Dial: dialTo(direct), OnCommand: noted(nil)})
	p.Know(manyIDs())
	b.Cleanup(p.Close)
	if through, err = p.Listen("127.0.0.1:0", ""); err != nil {
		b.Fatal(err)
	}
	for _, kind := range []struct{ name, c, pipe, n string }{{"one", "1", "1", "20000"}, {"fifty", "50", "1", "60000"}, {"pipelined", "50", "16", "300000"}} {
		b.Run(kind.name, func(b *testing.B) {
			var without, with float64
			for b.Loop() {
				childrenOn(b, 0, func() {
					x, _ := redisBenchmark(b, bin, direct, "-c", kind.c, "-P", kind.pipe, "-n", kind.n)
					y, _ := redisBenchmark(b, bin, through, "-c", kind.c, "-P", kind.pipe, "-n", kind.n)
					without, with = without+x, with+y
				})
			}
			b.ReportMetric(100*with/without, "%ofdirect")
			b.ReportMetric(without/float64(b.N), "direct/s")
			b.ReportMetric(with/float64(b.N), "through/s")
		})
	}
}

// childrenOn has what do starts stay on a processor.
func childrenOn(b *testing.B, processor int, do func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	keepOn(b, 0, processor)
	defer keepOn(b, 0, 1)
	do()
}

// keepOn keeps a thread on a processor; 0 is the one that calls.
func keepOn(b *testing.B, thread, processor int) {
	b.Helper()
	var only unix.CPUSet
	only.Set(processor)
	if err := unix.SchedSetaffinity(thread, &only); err != nil {
		b.Fatal(err)
	}
}
