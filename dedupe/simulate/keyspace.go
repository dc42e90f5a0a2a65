package simulate

import (
	"context"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"hookonce/dedupe/simulate/plainredis"
)

// keyspace is a Redis's keys as the simulation sees them. Redis would let keys expire by its own
// clock; the simulation takes every time to live it finds off their hands and lets it pass in virtual time.
type keyspace interface {
	// take returns each key's time to live: more than 0 where the key was given one since the last
	// take, 0 where it has none, or is not there, and unchanged where it still has the one taken before.
	take(ctx context.Context, keys []string) ([]time.Duration, error)
	// setNow moves the server's own clock, where there is a way to.
	setNow(t time.Time)
	// remove deletes keys.
	remove(ctx context.Context, keys ...string) error
	// clear deletes all keys and says how many there were.
	clear(ctx context.Context) (int, error)
	// clean deletes all keys that were ever taken, where they would outlive the simulation.
	clean(ctx context.Context) error
}

const unchanged time.Duration = -1

// embeddedKeys are the keys of a server inside the process, which lets no key expire by itself.
type embeddedKeys struct{ server *miniredis.Miniredis }

// taken marks a time to live that was taken. Redis counts milliseconds, so no command sets it.
const taken = time.Nanosecond

func (k embeddedKeys) take(_ context.Context, keys []string) ([]time.Duration, error) {
	out := make([]time.Duration, len(keys))
	for i, key := range keys {
		switch ttl := k.server.TTL(key); {
		case ttl%time.Millisecond == taken:
			out[i] = unchanged
		case ttl > 0:
			out[i] = ttl
			k.server.SetTTL(key, ttl+taken)
		}
	}
	return out, nil
}

func (k embeddedKeys) setNow(t time.Time) { k.server.SetTime(t) }

func (k embeddedKeys) remove(_ context.Context, keys ...string) error {
	for _, key := range keys {
		k.server.Del(key)
	}
	return nil
}

func (k embeddedKeys) clear(context.Context) (int, error) {
	n := len(k.server.Keys())
	k.server.FlushAll()
	return n, nil
}

func (embeddedKeys) clean(context.Context) error { return nil }

// shower is a keyspace that can show what a key holds.
type shower interface{ show(key string) Key }

// plainKeys are the keys of the Redis in plain Go, which is on virtual time.
type plainKeys struct{ server *plainredis.Server }

func (k plainKeys) take(_ context.Context, keys []string) ([]time.Duration, error) {
	out := make([]time.Duration, len(keys))
	for i, key := range keys {
		ttl, given := k.server.TTL(key)
		if out[i] = ttl; ttl > 0 && !given {
			out[i] = unchanged
		}
	}
	return out, nil
}

func (k plainKeys) show(key string) Key {
	value, there := k.server.Show(key)
	return Key{Name: key, Value: value, There: there, TTL: k.server.Left(key)}
}

func (plainKeys) setNow(time.Time) {}

func (k plainKeys) remove(_ context.Context, keys ...string) error {
	for _, key := range keys {
		k.server.Delete(key)
	}
	return nil
}

func (k plainKeys) clear(context.Context) (int, error) {
	n := k.server.Len()
	k.server.Clear()
	return n, nil
}

func (plainKeys) clean(context.Context) error { return nil }

// serverKeys are the keys of a real Redis.
type serverKeys struct {
	client redis.UniversalClient // without the simulation's hook
	seen   map[string]bool
}

// far is the time to live of a key whose own was taken: not for ever, in case the simulation dies.
const (
	far  = 2 * year
	year = 365 * 24 * time.Hour
)

func (k serverKeys) take(ctx context.Context, keys []string) ([]time.Duration, error) {
	pipe := k.client.Pipeline()
	ttls := make([]*redis.DurationCmd, len(keys))
	for i, key := range keys {
		k.seen[key] = true
		ttls[i] = pipe.PTTL(ctx, key)
	}
	if _, err := pipe.Exec(ctx); err != nil {
		return nil, err
	}
	out := make([]time.Duration, len(keys))
	for i, key := range keys {
		switch ttl := ttls[i].Val(); {
		case ttl > far-year:
			out[i] = unchanged
		case ttl > 0:
			out[i] = roundUp(ttl)
			if err := k.client.PExpire(ctx, key, far).Err(); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// roundUp undoes what passed of a time to live between its being set and its being read, so
// that it is the same in every run: to the power of ten that is a hundredth of it, at most a second.
func roundUp(ttl time.Duration) time.Duration {
	step := time.Millisecond
	for step < time.Second && step*10 <= ttl/100 {
		step *= 10
	}
	return (ttl + step - 1) / step * step
}

func (serverKeys) setNow(time.Time) {}

func (k serverKeys) remove(ctx context.Context, keys ...string) error {
	for _, key := range keys { // one by one: in a cluster they live in different slots
		if err := k.client.Del(ctx, key).Err(); err != nil {
			return err
		}
	}
	return nil
}

func (k serverKeys) clear(ctx context.Context) (n int, err error) {
	pipe := k.client.Pipeline()
	for key := range k.seen {
		pipe.Del(ctx, key)
	}
	replies, err := pipe.Exec(ctx)
	for _, r := range replies {
		n += int(r.(*redis.IntCmd).Val())
	}
	return n, err
}

func (k serverKeys) clean(ctx context.Context) error {
	_, err := k.clear(ctx)
	return err
}
