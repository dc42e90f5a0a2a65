package proxy

import (
	"sync"
	"sync/atomic"
	"time"
)

// Kind says what goes wrong.
type Kind string

// The kinds of faults.
const (
	// CutBefore closes the connection instead of passing the command on.
	CutBefore Kind = "cut-before"
	// CutAfter lets the server carry the command out and closes the connection instead of passing its reply on. In a
	// transaction, that is the reply to the command that ends it; so it is for Evict and Flush.
	CutAfter Kind = "cut-after"
	// Error answers with Fault.Text in the server's place.
	Error Kind = "error"
	// Latency passes the command on after Fault.For.
	Latency Kind = "latency"
	// Blackhole swallows the command, and everything else on its connection, until it is healed; then it is closed.
	Blackhole Kind = "blackhole"
	// Refuse closes the connection, and every other one as soon as it is made, for Fault.For.
	Refuse Kind = "refuse"
	// Evict makes the server forget the event's keys, once it has answered the command.
	Evict Kind = "evict"
	// Hold calls Fault.Do once the server has answered the command, and passes the answer on when that returns. It is no
	// misfortune of Redis, and not written down as one.
	Hold Kind = "hold"
	// Flush makes the server forget every key that came by, once it has answered the command.
	Flush Kind = "flush"
)

// Fault is a misfortune and the command it strikes.
type Fault struct {
	Kind Kind
	// Event strikes commands of that event only; empty strikes any.
	Event string
	// Command strikes the k-th such command, from 1; 0 strikes all of them.
	Command int
	// Text is the error's.
	Text string
	// For is how long a Latency or a Refuse lasts.
	For time.Duration
	// Do is what a Hold calls, from the connection's own goroutine.
	Do func()
	// ID is the caller's own.
	ID int
}

// Outage strikes every command from now on, whichever event it is about, but for those by which a server lets a connection be made. They are
// filed under the fault's event where they hold no other one's id. It lasts until Recover.
func (p *Proxy) Outage(f Fault) { p.faults.outage.Store(&f) }

// Recover ends an outage.
func (p *Proxy) Recover() { p.faults.outage.Store(nil) }

// struck is a fault in place.
type struck struct {
	Fault
	seen  int
	fired bool
}

// faults are those in place.
type faults struct {
	any     atomic.Bool // spares a proxy without faults the lock
	mu      sync.Mutex
	byEvent map[string][]*struck
	refuse  time.Time // until when connections are refused
	outage  atomic.Pointer[Fault]
	healed  chan struct{}
}

func (f *faults) arm(add []Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range add {
		f.byEvent[x.Event] = append(f.byEvent[x.Event], &struck{Fault: x})
		f.any.Store(true)
	}
}

// armed says whether a command of the event may be struck, without counting it.
func (f *faults) armed(event string) bool {
	if f.outage.Load() != nil {
		return true
	}
	if !f.any.Load() {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.byEvent[event]) > 0 || len(f.byEvent[""]) > 0
}

// hit counts a command and returns the fault that strikes it, if one does.
func (f *faults) hit(event string) *Fault {
	if !f.any.Load() {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if x := hitOf(f.byEvent[event]); x != nil || event == "" {
		return x
	}
	return hitOf(f.byEvent[""])
}

func hitOf(in []*struck) (hit *Fault) {
	for _, x := range in {
		x.seen++
		if hit == nil && (x.Command == 0 || x.Command == x.seen) {
			x.fired, hit = true, &x.Fault
		}
	}
	return hit
}

// heal takes all faults out and tells those that never struck.
func (f *faults) heal() (idle []Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, list := range f.byEvent {
		for _, x := range list {
			if !x.fired {
				idle = append(idle, x.Fault)
			}
		}
	}
	f.outage.Store(nil)
	clear(f.byEvent)
	f.any.Store(false)
	f.refuse = time.Time{}
	close(f.healed)
	f.healed = make(chan struct{})
	return idle
}

// until is closed when the fault is healed, which it may be already.
func (f *faults) until(of *Fault) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.outage.Load() == of {
		return f.healed
	}
	for _, x := range f.byEvent[of.Event] {
		if &x.Fault == of {
			return f.healed
		}
	}
	gone := make(chan struct{})
	close(gone)
	return gone
}

func (f *faults) refuseFor(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = time.Now().Add(d)
}

func (f *faults) refusing() bool {
	if !f.any.Load() {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return time.Now().Before(f.refuse)
}
