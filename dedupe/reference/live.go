package reference

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
	"hookonce/dedupe/redisstore"
	"hookonce/replay"
)

// Setup says what a live world is made of.
type Setup struct {
	// Redis is the URL of a real Redis or Valkey; empty, or "embedded", for one inside the process.
	Redis string
	// Database is a file for the endpoint's database, and for what else must survive its processes; empty keeps it in memory.
	Database string
	// Prefix is put before every key on a real Redis, and all keys that have it are removed on
	// Close. Empty uses the keys as they are, and leaves them.
	Prefix string
	// StandStill makes the clock of an embedded Redis move by Advance only.
	StandStill bool
	// Work is how long the work of an event takes.
	Work time.Duration
	// Fails says which work fails; nil for none.
	Fails Failure
	// Downstream is called for each charge before it counts; nil for none.
	Downstream func(ctx context.Context, e replay.Event, key string) error
	// OnCommit is told each commit at the moment it happens; nil for nobody. It must be quick.
	OnCommit func(Commit)
}

// LiveWorld is a World on real time, and what it has to close.
type LiveWorld struct {
	*World
	embedded *Embedded             // nil with a real Redis
	own      redis.UniversalClient // without a prefix; nil with an embedded Redis
	prefix   string
	stage    Live
}

// Open makes a live world. The caller closes it.
func Open(ctx context.Context, s Setup) (*LiveWorld, error) {
	stage := NewLive(dedupe.WallClock{})
	l := &LiveWorld{prefix: s.Prefix, stage: stage, World: &World{Stage: stage, Ledger: NewLedger(s.OnCommit), Memory: new(sync.Map), SQL: NewDatabase(s.Database),
		WorkTime: s.Work, Fails: s.Fails, Downstream: s.Downstream, NewToken: rand.Text}}
	if s.Redis == "" || s.Redis == "embedded" {
		return l, l.embed(s)
	}
	return l, l.connect(ctx, s.Redis)
}

func (l *LiveWorld) embed(s Setup) (err error) {
	if s.StandStill {
		l.embedded, err = NewEmbedded(time.Now())
	} else {
		l.embedded, err = NewEmbeddedWall()
	}
	if err != nil {
		return err
	}
	l.Redis = l.embedded.Client()
	l.stage = NewLive(l.embedded)
	l.Stage = l.stage
	l.Store = redisstore.New(l.Redis, redisstore.WithClock(l.embedded.Now))
	return nil
}

func (l *LiveWorld) connect(ctx context.Context, url string) (err error) {
	if l.own, err = Connect(ctx, url); err != nil {
		return err
	}
	if l.Redis, err = Connect(ctx, url); err != nil {
		_ = l.own.Close() // the connection's error says more
		return err
	}
	if l.prefix != "" {
		l.Redis.AddHook(prefixHook(l.prefix))
	}
	l.Store = redisstore.New(l.Redis) // a real server's own clock is the one all its users share
	return nil
}

// Advance moves the clock of a world that stands still on by d: locks and leases whose time
// is up are over. It is false for a world whose clock cannot be moved. Call it only while nothing is in flight.
func (l *LiveWorld) Advance(d time.Duration) bool {
	if l.embedded == nil || l.embedded.follow {
		return false
	}
	l.embedded.Advance(d)
	return true
}

// Close waits for what runs in the background, and lets go of the Redis. Keys with the world's own prefix are removed.
func (l *LiveWorld) Close(ctx context.Context) error {
	l.stage.Wait()
	l.SQL.Close()
	if l.embedded != nil {
		l.embedded.Close()
		return nil
	}
	err := l.clean(ctx)
	_, _ = l.Redis.Close(), l.own.Close() // closing a pool loses nothing
	return err
}

// cleanBatch is how many keys one SCAN looks for.
const cleanBatch = 500

func (l *LiveWorld) clean(ctx context.Context) error {
	if l.prefix == "" {
		return nil
	}
	var cursor uint64
	for {
		keys, next, err := l.own.Scan(ctx, cursor, l.prefix+"*", cleanBatch).Result()
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			if err := l.own.Del(ctx, keys...).Err(); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}
