package tcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Options say what the proxy stands before. Only Dial is required.
type Options struct {
	// Dial connects to the server.
	Dial func(context.Context) (net.Conn, error)
	// OnStrike is told each strike, before the client can see anything of it. It must be quick.
	OnStrike func(Strike)
}

// Proxy is a proxy that runs.
type Proxy struct {
	o      Options
	work   sync.WaitGroup
	ctx    context.Context
	cancel context.CancelFunc

	mu        sync.Mutex
	listeners []net.Listener
	sessions  map[*session]bool
	round     round
}

// New returns a proxy that listens nowhere yet.
func New(o Options) *Proxy {
	p := &Proxy{o: o, sessions: map[*session]bool{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Listen takes connections at an address such as 127.0.0.1:0 and returns the one it got.
func (p *Proxy) Listen(address string) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", fmt.Errorf("tcp proxy: %w", err)
	}
	p.mu.Lock()
	p.listeners = append(p.listeners, l)
	p.mu.Unlock()
	p.work.Go(func() { p.accept(l) })
	return l.Addr().String(), nil
}

func (p *Proxy) accept(l net.Listener) {
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
		p.work.Go(func() { p.serve(c) })
	}
}

// serve passes one connection on, until either side ends it.
func (p *Proxy) serve(client net.Conn) {
	server, err := p.o.Dial(p.ctx)
	if err != nil {
		_ = client.Close()
		return
	}
	s := &session{p: p, client: client, server: server, closed: make(chan struct{})}
	p.mu.Lock()
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
}
