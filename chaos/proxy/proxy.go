package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"hookonce/replay"
)

// Options say what the proxy stands before. Only Dial is required.
type Options struct {
	// Dial connects to the server.
	Dial func(context.Context) (net.Conn, error)
	// Greet is sent first on every connection to the server, such as an AUTH; its replies, as many as
	// Greetings, are taken off. A reply that is an error refuses the client.
	Greet     []byte
	Greetings int
	// Before is called before commands are passed on: it sets the clock of an embedded server. Nil for nothing.
	Before func()
	// OnCommand is told every command once it is answered, or once it is certain that it will not be. It must be quick.
	OnCommand func(replay.Command)
	// OnFault is told every command that a fault strikes, when it does. It must be quick.
	OnFault func(Fault, replay.Command)
	// Base is what times count from; zero is the call of New.
	Base time.Time
}

// Proxy is a proxy that runs.
type Proxy struct {
	o      Options
	faults faults
	log    log
	ids    atomic.Pointer[IDs]
	scale  atomic.Pointer[scale]
	loops  [loops]loop
	work   sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc

	mu        sync.Mutex
	listeners []net.Listener
	sessions  map[*session]bool
	conns     int
	seen      keys
}

// loops is how many loops the plain sessions are divided among. Where other work wants the processors, two carry an eighth more than one; where
// nothing else does, as much.
const loops = 2

// New returns a proxy that listens nowhere yet.
func New(o Options) *Proxy {
	if o.Base.IsZero() {
		o.Base = time.Now()
	}
	p := &Proxy{o: o, sessions: map[*session]bool{}, log: log{ofEvent: map[string]int{}}}
	p.faults.byEvent, p.faults.healed = map[string][]*struck{}, make(chan struct{})
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Listen takes connections at an address such as 127.0.0.1:0 and returns the one it got. The label names
// the replica whose commands come in there.
func (p *Proxy) Listen(address, label string) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("redis proxy: %w", err)
	}
	p.mu.Lock()
	p.listeners = append(p.listeners, l)
	p.mu.Unlock()
	p.work.Go(func() { p.accept(l, label) })
	return l.Addr().String(), nil
}

func (p *Proxy) accept(l net.Listener, label string) {
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) || p.ctx.Err() != nil {
			return
		}
		if err != nil { // no file descriptor left, say: the next one may have better luck
			select {
			case <-time.After(10 * time.Millisecond):
			case <-p.ctx.Done():
			}
			continue
		}
		if p.faults.refusing() {
			_ = c.Close()
			continue
		}
		p.work.Go(func() { p.serve(c, label) })
	}
}

// Serve passes one connection on, until either side ends it.
func (p *Proxy) serve(client net.Conn, label string) {
	server, err := p.o.Dial(p.ctx)
	if err == nil && len(p.o.Greet) > 0 {
		err = p.greet(server)
	}
	if err != nil {
		if server != nil {
			_ = server.Close()
		}
		_ = client.Close()
		return
	}
	s := newSession(p, client, server, label)
	p.mu.Lock()
	p.conns++
	s.number = p.conns
	p.sessions[s] = true
	p.mu.Unlock()
	if p.ctx.Err() != nil {
		s.close()
	}
	s.run()
	p.mu.Lock()
	delete(p.sessions, s)
	p.mu.Unlock()
}

// greet says what is to be said first to the server.
func (p *Proxy) greet(server net.Conn) error {
	if _, err := server.Write(p.o.Greet); err != nil {
		return err
	}
	var f framer
	one := make([]byte, 1)
	for left, first := p.o.Greetings, true; left > 0; {
		if _, err := server.Read(one); err != nil {
			return err
		}
		if first && one[0] == '-' {
			return errors.New("the server refused the login")
		}
		_, done, err := f.next(one)
		if err != nil {
			return err
		}
		if first = done; done {
			left--
		}
	}
	return nil
}

// Know files commands under events by these ids from now on, and counts anew. Nil files none.
func (p *Proxy) Know(x *IDs) {
	p.ids.Store(x)
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	p.log.ofEvent, p.log.others, p.log.dropped = map[string]int{}, 0, 0
}

// Also files commands under events by these ids from now on, and goes on counting.
func (p *Proxy) Also(x *IDs) { p.ids.Store(x) }

// Count is how many commands of the event came so far.
func (p *Proxy) Count(event string) int {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	return p.log.ofEvent[event]
}

// Scale multiplies the times to live in commands by a factor from now on, but makes none shorter than least that was not.
// A factor of 0 leaves them as they are.
func (p *Proxy) Scale(factor float64, least time.Duration) {
	if factor == 0 {
		p.scale.Store(nil)
		return
	}
	p.scale.Store(&scale{factor, least})
}

// Arm puts faults in place, beside those that are.
func (p *Proxy) Arm(f ...Fault) { p.faults.arm(f) }

// Heal takes all faults out and returns those that never struck.
func (p *Proxy) Heal() []Fault { return p.faults.heal() }

// Dropped is how many commands were not written down, because there were too many.
func (p *Proxy) Dropped() int {
	p.log.mu.Lock()
	defer p.log.mu.Unlock()
	return p.log.dropped
}

// Close ends all connections, and returns when nobody works any more.
func (p *Proxy) Close() {
	p.cancel()
	p.mu.Lock()
	for _, l := range p.listeners {
		_ = l.Close()
	}
	for s := range p.sessions {
		s.close()
	}
	p.mu.Unlock()
	p.work.Wait()
	for i := range p.loops {
		p.loops[i].end()
	}
}

func (p *Proxy) closeSessions() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.sessions {
		s.close()
	}
}

func (p *Proxy) now() time.Duration { return time.Since(p.o.Base) }
