package dispatch

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Release names how the last bytes of a gate's copies leave.
type Release string

// The releases. None of them finds every race: which of two writes the endpoint works on first, and on which
// processor, depends on the machine and on what else it does.
const (
	ReleaseMixed      Release = ""             // gate by gate the next one of those that serve on this machine
	ReleaseBackToBack Release = "back-to-back" // one thread, write after write
	ReleasePair       Release = "pair"         // two threads that spin until both are there
)

var releases = []Release{ReleaseMixed, ReleaseBackToBack, ReleasePair}

// releaseOf is how a gate is released.
func (r *runner) releaseOf(gate int) release {
	switch {
	case r.release != nil:
		return r.release
	case r.Release == ReleasePair, r.Release == ReleaseMixed && gate%2 == 1 && pairServes():
		return pair
	}
	return backToBack
}

// release lets the last bytes of a gate's copies go.
type release func(now func() time.Duration, shots []*shot)

// letGo sends the copy's last byte.
func (s *shot) letGo(now func() time.Duration) {
	if _, err := s.c.net.Write(s.req[len(s.req)-1:]); err == nil {
		s.a.LastByte = now()
	}
}

// backToBack releases a gate by one loop on one thread: no other work of this process
// comes between two last bytes, and the copies' spread is that of the writes themselves.
func backToBack(now func() time.Duration, shots []*shot) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, s := range shots {
		s.letGo(now)
	}
}

// pair releases a gate by two threads that wait for each other, spinning, and then write at the same moment, each every other
// copy. The endpoint finds two processors free at once when they have written, where one thread would have kept one of them busy.
func pair(now func() time.Duration, shots []*shot) {
	if len(shots) < 2 || runtime.GOMAXPROCS(0) < 2 {
		backToBack(now, shots)
		return
	}
	var there atomic.Int32
	var other sync.WaitGroup
	half := func(first int) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		there.Add(1)
		for spins := 0; there.Load() < 2; spins++ {
			if spins > maxSpins {
				runtime.Gosched()
			}
		}
		for i := first; i < len(shots); i += 2 {
			shots[i].letGo(now)
		}
	}
	other.Go(func() { half(1) })
	half(0)
	other.Wait()
}

// maxSpins bounds how long a thread spins before it lets others have its processor: some hundred microseconds.
const maxSpins = 200_000
