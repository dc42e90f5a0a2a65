package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// DoneFirst lets one delivery of each event through, and no other.
//
// Its flaw: it marks the event as done before the work. If the work fails, the redelivery is told
// that all is done.
func DoneFirst(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	first, err := w.Redis.SetNX(ctx, "done:"+r.Key, "1", retention).Result()
	if err != nil {
		return unavailable()
	}
	if !first {
		return success()
	}
	if err := process(ctx, w, r.Event); err != nil {
		return failed()
	}
	return success()
}
