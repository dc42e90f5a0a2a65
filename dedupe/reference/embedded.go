package reference

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
)

// Embedded is a Redis inside the process, without a port. Its keys expire by its
// own clock, which either stands still until Advance moves it, or follows the machine's.
type Embedded struct {
	server *miniredis.Miniredis
	client *redis.Client

	mu     sync.Mutex
	now    time.Time // of a clock moved by hand
	follow bool
	ahead  time.Duration // of the machine's clock, where it follows that
}

// NewEmbedded returns a Redis whose clock stands at now until it is moved.
func NewEmbedded(now time.Time) (*Embedded, error) {
	return start(&Embedded{now: now})
}

// NewEmbeddedWall returns a Redis whose clock is the machine's. Its keys expire to within tick.
func NewEmbeddedWall() (*Embedded, error) {
	return start(&Embedded{follow: true})
}

// tick is the step of a clock that follows the machine's: each step costs a look at every key.
const tick = 10 * time.Millisecond

func start(e *Embedded) (*Embedded, error) {
	e.server = miniredis.NewMiniRedis()
	e.server.SetTime(e.Now().Truncate(tick))
	e.server.ClockTTL(true)
	o := &redis.Options{Addr: "embedded", Dialer: func(context.Context, string, string) (net.Conn, error) {
		return e.server.Dial()
	}}
	e.client = redis.NewClient(Quiet(o))
	e.client.AddHook(beforeCommand(e.Sync))
	if err := e.client.Ping(context.Background()).Err(); err != nil {
		e.Close()
		return nil, err
	}
	return e, nil
}

// Client returns the embedded server's client, which Close closes.
func (e *Embedded) Client() redis.UniversalClient { return e.client }

// Now is the time by the embedded server's clock.
func (e *Embedded) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.follow {
		return time.Now().Add(e.ahead)
	}
	return e.now
}

// Dial connects to it, without the client.
func (e *Embedded) Dial() (net.Conn, error) { return e.server.Dial() }

// Advance moves the clock on by d; keys whose time is up are gone. A clock that follows the
// machine's does so from then on at that distance.
func (e *Embedded) Advance(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.follow {
		e.ahead += d
		e.server.SetTime(time.Now().Add(e.ahead).Truncate(tick))
		return
	}
	e.now = e.now.Add(d)
	e.server.SetTime(e.now)
}

// Sync brings the server's idea of the time up to the machine's, where it follows that. Whoever uses Dial calls
// it before commands; the client does so by itself.
func (e *Embedded) Sync() {
	if e.follow {
		e.server.SetTime(e.Now().Truncate(tick))
	}
}

// Close stops the server and its client.
func (e *Embedded) Close() {
	_ = e.client.Close() // only ever fails when closed twice
	e.server.Close()
}

// beforeCommand is a hook that is called before a command, or a pipeline, is sent.
type beforeCommand func()

func (f beforeCommand) DialHook(next redis.DialHook) redis.DialHook { return next }

func (f beforeCommand) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		f()
		return next(ctx, cmd)
	}
}

func (f beforeCommand) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		f()
		return next(ctx, cmds)
	}
}
