package zoo

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

const (
	// lease is how long a claim holds without a renewal.
	lease = 30 * time.Second
	// retention is how long a processed event is remembered: longer than any provider retries.
	retention = 8 * 24 * time.Hour
	done      = "done"
)

// once is a right lock for the handlers whose flaw is elsewhere: one key per event holds
// the owner's token under a lease that is renewed, and "done" for the retention once the work
// succeeded. A delivery that finds the key taken is answered busy.
func once(ctx context.Context, w *reference.World, e replay.Event, busy reference.Response,
	work func() error) reference.Response {
	token, key := w.NewToken(), "event:"+e.Key
	acquired, err := w.Redis.SetNX(ctx, key, token, lease).Result()
	if err != nil {
		return reference.Answer(http.StatusServiceUnavailable, "error")
	}
	if !acquired {
		return taken(ctx, w, key, busy)
	}
	stop := w.Stage.Every(lease/3, func() { _ = swap(ctx, w, key, token, token, lease) })
	err = work()
	stop()
	if err != nil {
		_ = swap(ctx, w, key, token, "", 0) // if it fails, too, the lease ends by itself
		return reference.Answer(http.StatusInternalServerError, "error")
	}
	if err := swap(ctx, w, key, token, done, retention); err != nil {
		return reference.Answer(http.StatusServiceUnavailable, "error")
	}
	return reference.Answer(http.StatusOK, "success")
}

// taken answers a delivery whose event has an owner, or had one.
func taken(ctx context.Context, w *reference.World, key string, busy reference.Response) reference.Response {
	switch held, err := w.Redis.Get(ctx, key).Result(); {
	case errors.Is(err, redis.Nil): // released this very moment, undone
		return reference.Busy(time.Second)
	case err != nil:
		return reference.Answer(http.StatusServiceUnavailable, "error")
	case held == done:
		return reference.Answer(http.StatusOK, "success")
	}
	return busy
}

// errNotOwner says that the lease was over, and somebody else may own the event.
var errNotOwner = errors.New("lease lost")

// swapScript replaces a key's value, if it is the expected one, in one step; "" deletes it.
const swapScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`

func swap(ctx context.Context, w *reference.World, key, from, to string, ttl time.Duration) error {
	n, err := w.Redis.Eval(ctx, swapScript, []string{key}, from, to, ttl.Milliseconds()).Int()
	if err != nil {
		return err
	}
	if n == 0 {
		return errNotOwner
	}
	return nil
}
