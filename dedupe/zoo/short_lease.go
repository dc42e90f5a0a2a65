package zoo

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// ShortLease locks an event with an owner's token, and remembers it when it is done.
//
// Its flaw: the lease is shorter than the work may take, and nobody renews it. A redelivery
// that comes while the first still works finds the lock gone.
func ShortLease(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	l := lockOf(r.Event)
	token := w.NewToken()
	acquired, err := w.Redis.SetNX(ctx, l.key, token, 5*time.Second).Result()
	if err != nil {
		return unavailable()
	}
	if !acquired {
		return l.taken(ctx, w)
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
