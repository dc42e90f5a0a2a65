package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// ResentSetnx lets one delivery of each event through, and takes the claim back if its work fails.
//
// Its flaw: the driver sends a command again whose answer was lost, and the second SETNX finds the first
// one's claim. The handler takes its own claim for somebody else's, and answers that all is done.
func ResentSetnx(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	claim := "claim:" + r.Key
	acquired, err := w.Redis.SetNX(ctx, claim, "1", retention).Result()
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
