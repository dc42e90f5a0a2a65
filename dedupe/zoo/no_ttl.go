package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// NoTTL claims an event before the work, and takes the claim back if the work fails.
//
// Its flaw: the claim never expires, and a duplicate is told 200 because of it. If the process dies
// after the claim, nobody takes it back, and the event is lost.
func NoTTL(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	claim := "claim:" + r.Key
	acquired, err := w.Redis.SetNX(ctx, claim, "1", 0).Result()
	if err != nil {
		return unavailable()
	}
	if !acquired {
		return success()
	}
	if err := process(ctx, w, r.Event); err != nil {
		w.Redis.Del(ctx, claim)
		return failed()
	}
	return success()
}
