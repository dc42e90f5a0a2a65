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
	e.client.AddHook(beforeCommand(e.sync))
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
	if e.follow {
		return time.Now()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now
}

// Advance moves the clock on by d; keys whose time is up are gone. It does nothing to
// a clock that follows the machine's.
func (e *Embedded) Advance(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.follow {
		return
	}
	e.now = e.now.Add(d)
	e.server.SetTime(e.now)
}

// sync brings the server's idea of the time up to the machine's.
func (e *Embedded) sync() {
	if e.follow {
		e.server.SetTime(time.Now().Truncate(tick))
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
