package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// FailOpen locks, renews, remembers and releases as it should, while there is a Redis.
//
// Its flaw: without a Redis it works all the same, so as not to lose anything, and then every
// duplicate is processed.
func FailOpen(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if w.Redis.Ping(ctx).Err() != nil {
		return None(ctx, w, r)
	}
	return lockOf(r.Event).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
