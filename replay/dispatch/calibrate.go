package dispatch

import (
	"net"
	"runtime"
	"slices"
	"sync"
	"time"
)

const (
	// trials is how often each release is tried out. All of them together take a few milliseconds.
	trials = 9
	// tolerable is how much wider than that of one thread a pair's spread may be, where it is to serve. Two threads that have to wait
	// for processors are apart by a time slice.
	tolerable = 4
)

// pairServes says whether two spinning threads are released about as close together here as one thread's writes. It is
// found out once, when the first gate asks, by what the kernel says of arrivals at a listener of our own.
var pairServes = sync.OnceValue(func() bool {
	if runtime.GOMAXPROCS(0) < 2 {
		return false
	}
	one, ok := spread(backToBack)
	if !ok {
		return true // nothing can be measured here: both are used
	}
	two, ok := spread(pair)
	return !ok || two <= max(tolerable*one, 20*time.Microsecond)
})

// spread is the median time between the arrivals of two bytes that were released together.
func spread(let release) (time.Duration, bool) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, false
	}
	defer l.Close()
	var shots []*shot
	var far []net.Conn
	for range 2 {
		near, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return 0, false
		}
		defer near.Close()
		c, err := l.Accept()
		if err != nil {
			return 0, false
		}
		defer c.Close()
		far = append(far, stampArrivals(c))
		shots = append(shots, &shot{c: &conn{net: near, tcp: near}, req: []byte{0}})
	}
	return medianSpread(let, shots, far)
}

func medianSpread(let release, shots []*shot, far []net.Conn) (time.Duration, bool) {
	began := time.Now()
	var apart []time.Duration
	for range trials {
		let(func() time.Duration { return time.Since(began) }, shots)
		var at [2]time.Time
		for i, c := range far {
			_ = c.SetReadDeadline(time.Now().Add(time.Second))
			if n, err := c.Read(make([]byte, 1)); n != 1 || err != nil {
				return 0, false
			}
			if at[i] = arrived(c); at[i].IsZero() {
				return 0, false
			}
		}
		apart = append(apart, at[1].Sub(at[0]).Abs())
	}
	slices.Sort(apart)
	return apart[trials/2], true
}
