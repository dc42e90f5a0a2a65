package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// FailAsDuplicate locks, renews, remembers and releases as it should, while there is a Redis.
//
// Its flaw: an error of Redis reads as "not acquired", and what is not acquired is taken for a
// duplicate. While Redis is down, everything is acknowledged and nothing is done.
func FailAsDuplicate(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if w.Redis.Ping(ctx).Err() != nil {
		return success()
	}
	return lockOf(r.Event).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
