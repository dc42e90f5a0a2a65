package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// NoOwner locks an event under a lease that it renews, and remembers it when it is done.
//
// Its flaw: it releases the lock without looking whose it is. A worker that comes to its release late
// removes the lock of the one who took over, and a third one gets in beside that.
func NoOwner(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	l := lockOf(r.Event)
	token := w.NewToken()
	acquired, err := w.Redis.SetNX(ctx, l.key, token, l.lease).Result()
	if err != nil {
		return unavailable()
	}
	if !acquired {
		return l.taken(ctx, w)
	}
	stop := w.Stage.Every(l.lease/3, func() { _ = swap(ctx, w, l.key, token, token, l.lease) })
	err = process(ctx, w, r.Event)
	stop()
	if err != nil {
		w.Redis.Del(ctx, l.key)
		return failed()
	}
	if err := swap(ctx, w, l.key, token, done, l.retention); err != nil {
		return unavailable()
	}
	return success()
}
