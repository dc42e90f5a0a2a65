package dispatch

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"
)

// maxIdle is how long an idle connection is used again. It is shorter than the shortest
// keep-alive time servers have by default (gunicorn 2 s, Node 5 s), so that a request hardly ever meets a closing connection.
const maxIdle = time.Second

// pool holds the connections to one endpoint.
type pool struct {
	to      *endpoint
	now     func() time.Duration
	timeout time.Duration // of connecting, the TLS handshake included

	mu      sync.Mutex
	idle    []*conn // the one used last is last
	open    map[*conn]bool
	closed  bool
	readers sync.WaitGroup
}

var errPoolClosed = errors.New("aborted")

func newPool(to *endpoint, now func() time.Duration, timeout time.Duration) *pool {
	return &pool{to: to, now: now, timeout: timeout, open: map[*conn]bool{}}
}

// get takes the connection used last, or makes a new one.
//
// There is no stock of fresh connections: a server with few workers gives a worker to each
// connection it accepts, and would wait on ours instead of answering the effect source. A delivery's connection is made shortly before it is due.
func (p *pool) get(ctx context.Context) (*conn, error) {
	if c := p.reuse(); c != nil {
		return c, nil
	}
	return p.dial(ctx)
}

func (p *pool) reuse() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := p.take(); c != nil; c = p.take() {
		if c.attended {
			return c
		}
		if quiet(c.tcp) {
			p.attend(c)
			return c
		}
		p.forget(c)
	}
	return nil
}

// alone takes the connection used last for who reads from it without waiting, by itself; nil where there is none.
func (p *pool) alone() *conn {
	p.mu.Lock()
	var c *conn
	if n := len(p.idle); n > 0 && readsNow(p.idle[n-1].net) {
		c = p.take()
	}
	p.mu.Unlock()
	if c == nil || c.dismiss() {
		return c
	}
	p.put(c, false)
	return nil
}

// take takes the connection used last off those that are idle.
func (p *pool) take() *conn {
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if c.state.Load() == idle && p.now()-c.since < maxIdle {
			return c
		}
		p.forget(c)
	}
	return nil
}

// attend gives the connection a reader.
func (p *pool) attend(c *conn) {
	c.attended, c.gone = true, make(chan struct{})
	p.readers.Go(c.read)
}

// dial makes a new connection.
func (p *pool) dial(ctx context.Context) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	raw, tcp, took, err := p.to.dial(ctx)
	if err != nil {
		return nil, err
	}
	c := newConn(raw, tcp, p.now, took)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.close()
		return nil, errPoolClosed
	}
	p.open[c] = true
	p.attend(c)
	return c, nil
}

// put gives a connection back after use, to be used again if the answer left it whole.
func (p *pool) put(c *conn, keep bool) {
	keep = keep && c.finish()
	p.mu.Lock()
	defer p.mu.Unlock()
	if keep && !p.closed {
		p.idle = append(p.idle, c)
		return
	}
	p.forget(c)
}

// giveBack returns a connection that carried nothing; a fresh one is closed, not kept.
func (p *pool) giveBack(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.used && !p.closed {
		p.idle = append(p.idle, c)
		return
	}
	p.forget(c)
}

func (p *pool) forget(c *conn) {
	delete(p.open, c)
	c.close()
}

// closeIdle closes what is not in use, so that it holds no worker of the endpoint.
func (p *pool) closeIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.idle {
		p.forget(c)
	}
	p.idle = p.idle[:0]
}

// abort closes everything at once, what is in use too, and makes no new connection.
func (p *pool) abort() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for c := range p.open {
		c.close()
	}
}

// close ends the pool and waits for its readers.
func (p *pool) close() {
	p.abort()
	p.readers.Wait()
}

// dial connects for HTTP/1.1.
func (e *endpoint) dial(ctx context.Context) (conn, tcp net.Conn, took time.Duration, err error) {
	return e.dialWith(ctx, e.tls)
}

// dialWith connects, and shakes hands where there is a configuration for TLS. Go sets TCP_NODELAY itself.
// took is how long the TCP connection took, which is about a round trip.
func (e *endpoint) dialWith(ctx context.Context, conf *tls.Config) (conn, tcp net.Conn, took time.Duration, err error) {
	start := time.Now()
	d := net.Dialer{ControlContext: e.guard.control(e.host), KeepAlive: -1}
	tcp, err = d.DialContext(ctx, "tcp", e.addr)
	took = time.Since(start)
	if err != nil {
		return nil, nil, took, err
	}
	if tcp = stampArrivals(tcp); conf == nil {
		return tcp, tcp, took, nil
	}
	t := tls.Client(tcp, conf)
	if err := t.HandshakeContext(ctx); err != nil {
		_ = tcp.Close()
		return nil, nil, took, err
	}
	return t, tcp, took, nil
}
