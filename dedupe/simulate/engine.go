package simulate

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
	"hookonce/dedupe/modelstore"
	"hookonce/dedupe/redisstore"
	"hookonce/dedupe/reference"
	"hookonce/dedupe/simulate/plainredis"
)

// The engines a handler's locks are kept in. Any other is the URL of a real Redis or Valkey.
const (
	EngineEmbedded = "embedded" // a Redis inside the process
	EngineModel    = "model"    // plain Go: the guard's model, and a Redis of the commands locks are made of
)

// EngineKind is the engine's name for a journal: embedded, model, or redis for a URL, which may hold a password.
func EngineKind(engine string) string {
	switch engine {
	case "", EngineEmbedded:
		return EngineEmbedded
	case EngineModel:
		return EngineModel
	}
	return "redis"
}

// connect sets the world's Redis and store up. close is never nil.
func (s *simulation) connect(ctx context.Context, engine string) (close func() error, err error) {
	switch EngineKind(engine) {
	case EngineEmbedded:
		return s.connectEmbedded(ctx)
	case EngineModel:
		return s.connectModel()
	}
	return s.connectServer(ctx, engine)
}

func (s *simulation) connectEmbedded(ctx context.Context) (func() error, error) {
	server := miniredis.NewMiniRedis()
	client := redis.NewClient(reference.Quiet(&redis.Options{
		Addr:     EngineEmbedded,
		PoolSize: 1, // only one worker runs at a time
		Dialer:   func(context.Context, string, string) (net.Conn, error) { return server.Dial() },
	}))
	s.keys = embeddedKeys{server}
	s.use(client)
	return func() error {
		err := client.Close()
		server.Close()
		return err
	}, client.Ping(ctx).Err()
}

func (s *simulation) connectServer(ctx context.Context, url string) (func() error, error) {
	client, err := reference.Connect(ctx, url)
	if err != nil {
		return func() error { return nil }, err
	}
	own, err := reference.Connect(ctx, url)
	if err != nil {
		return client.Close, err
	}
	keys := serverKeys{client: own, seen: map[string]bool{}}
	s.keys, s.prefix = keys, prefix()
	s.use(client)
	return func() error {
		err := keys.clean(context.WithoutCancel(ctx))
		_, _ = client.Close(), own.Close() // closing a pool loses nothing
		return err
	}, nil
}

// use gives the handler a client whose every command is a step.
func (s *simulation) use(client redis.UniversalClient) {
	client.AddHook(hook{s})
	s.world.Redis = client
	s.world.Store = watched{redisstore.New(client, redisstore.WithClock(stage{s}.Now)), s}
}

// connectModel sets up the guard's store and a Redis in plain Go.
func (s *simulation) connectModel() (func() error, error) {
	server := plainredis.New(stage{s}.Now)
	client := redis.NewClient(reference.Quiet(&redis.Options{
		Addr:     EngineModel,
		PoolSize: 1,
		Dialer:   func(context.Context, string, string) (net.Conn, error) { return server.Dial(), nil },
	}))
	s.keys = plainKeys{server}
	s.use(client)
	s.model = modelstore.New(stage{s}.Now)
	s.world.Store = watched{stepped{s.model, stage{s}}, s}
	return func() error {
		server.Close()
		return client.Close()
	}, nil
}

// stepped makes a step of every call to the model's store.
type stepped struct {
	*modelstore.Store
	stage stage
}

var _ dedupe.Store = stepped{}

func (t stepped) Claim(ctx context.Context, c dedupe.Claim) (a dedupe.Answer, err error) {
	err = t.do(ctx, "claim", c.Source, c.Subject, c.Event, func() string { return string(a.Kind) },
		func() error { a, err = t.Store.Claim(ctx, c); return err })
	return a, err
}

func (t stepped) Renew(ctx context.Context, h dedupe.Hold) (ok bool, err error) {
	err = t.do(ctx, "renew", h.Source, h.Subject, h.Event, func() string { return yes(ok) },
		func() error { ok, err = t.Store.Renew(ctx, h); return err })
	return ok, err
}

func (t stepped) Complete(ctx context.Context, c dedupe.Completion) (done dedupe.Completed, err error) {
	err = t.do(ctx, "complete", c.Source, c.Subject, c.Event, func() string { return string(done) },
		func() error { done, err = t.Store.Complete(ctx, c); return err })
	return done, err
}

func (t stepped) Release(ctx context.Context, h dedupe.Hold) (ok bool, err error) {
	err = t.do(ctx, "release", h.Source, h.Subject, h.Event, func() string { return yes(ok) },
		func() error { ok, err = t.Store.Release(ctx, h); return err })
	return ok, err
}

func (t stepped) State(ctx context.Context, source, subject string) (st dedupe.State, ok bool, err error) {
	err = t.do(ctx, "read", source, subject, subject, func() string { return st.Version },
		func() error { st, ok, err = t.Store.State(ctx, source, subject); return err })
	return st, ok, err
}

// do makes one call a step. reply is what it answered, for the trace.
func (t stepped) do(ctx context.Context, name, source, subject, event string, reply func() string, call func() error) error {
	return t.stage.act(ctx, StepCommand, name+" "+event, call, func() *Command {
		value, left, there := t.Store.Show(source, subject, event)
		return &Command{Name: name, Args: []string{event}, Reply: reply(),
			Keys: []Key{{Name: event, Value: value, There: there, TTL: left}}}
	})
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// describe names an engine in an error, without what may be secret.
func describe(engine string, err error) error {
	if strings.HasPrefix(err.Error(), "redis") {
		return err
	}
	return fmt.Errorf("engine %s: %w", EngineKind(engine), err)
}
