package zoo

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// SetnxExpire locks an event, remembers it when it is done, and asks duplicates to come back meanwhile.
//
// Its flaw: the lock's expiry is set in a second command. If the process dies between the
// two, the lock never ends, and every redelivery is asked to come back.
func SetnxExpire(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	l := lockOf(r.Event)
	token := w.NewToken()
	acquired, err := w.Redis.SetNX(ctx, l.key, token, 0).Result()
	if err != nil {
		return unavailable()
	}
	if !acquired {
		return l.taken(ctx, w)
	}
	if err := w.Redis.Expire(ctx, l.key, time.Hour).Err(); err != nil {
		return unavailable()
	}
	if err := process(ctx, w, r.Event); err != nil {
		_ = swap(ctx, w, l.key, token, "", 0)
		return failed()
	}
	if err := swap(ctx, w, l.key, token, done, l.retention); err != nil {
		return unavailable()
	}
	return success()
}
