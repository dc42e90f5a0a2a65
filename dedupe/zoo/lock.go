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

// lock is a right lock, for the handlers whose flaw is elsewhere or in one of its fields: one key
// holds the owner's token under a lease that is renewed, and "done" for the retention once
// the work succeeded. A delivery that finds the key taken is answered busy.
type lock struct {
	key       string
	lease     time.Duration
	retention time.Duration
	busy      reference.Response
}

// lockOf is the right lock on an event.
func lockOf(e replay.Event) lock { return lockOn(e.Key) }

func lockOn(id string) lock {
	return lock{key: "event:" + id, lease: lease, retention: retention, busy: reference.Busy(time.Second)}
}

// once runs the work under the lock.
func (l lock) once(ctx context.Context, w *reference.World, work func() error) reference.Response {
	token := w.NewToken()
	acquired, err := w.Redis.SetNX(ctx, l.key, token, l.lease).Result()
	if err != nil {
		return unavailable()
	}
	if !acquired {
		return l.taken(ctx, w)
	}
	stop := w.Stage.Every(l.lease/3, func() { _ = swap(ctx, w, l.key, token, token, l.lease) })
	err = work()
	stop()
	if err != nil {
		_ = swap(ctx, w, l.key, token, "", 0) // if it fails, too, the lease ends by itself
		return failed()
	}
	if err := swap(ctx, w, l.key, token, done, l.retention); err != nil {
		return unavailable()
	}
	return success()
}

// taken answers a delivery whose event has an owner, or had one.
func (l lock) taken(ctx context.Context, w *reference.World) reference.Response {
	switch held, err := w.Redis.Get(ctx, l.key).Result(); {
	case errors.Is(err, redis.Nil): // released this very moment, undone
		return reference.Busy(time.Second)
	case err != nil:
		return unavailable()
	case held == done:
		return success()
	}
	return l.busy
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

func success() reference.Response { return reference.Answer(http.StatusOK, "success") }

// failed is the answer where the work failed, and unavailable where a store did: both bring the provider back.
func failed() reference.Response { return reference.Answer(http.StatusInternalServerError, "error") }

func unavailable() reference.Response {
	return reference.Answer(http.StatusServiceUnavailable, "error")
}

// process is the right way to process an event that nobody else is processing: the work, a
// charge that the downstream does not deduplicate, and a state that never goes back.
func process(ctx context.Context, w *reference.World, e replay.Event) error {
	return processKeyed(ctx, w, e, "")
}

// processKeyed is process with a key by which the downstream deduplicates the charge.
func processKeyed(ctx context.Context, w *reference.World, e replay.Event, key string) error {
	if err := w.Work(ctx, e); err != nil {
		return err
	}
	if err := w.Effect(ctx, e, key); err != nil {
		return err
	}
	return w.SaveIfNewer(ctx, e)
}
