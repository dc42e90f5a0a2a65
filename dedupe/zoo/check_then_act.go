package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// CheckThenAct remembers which events it has done, for longer than any provider retries.
//
// Its flaw: it looks for the mark before the work and sets it after, and two deliveries can
// both look before either sets it.
func CheckThenAct(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	mark := "done:" + r.Key
	done, err := w.Redis.Exists(ctx, mark).Result()
	if err != nil {
		return unavailable()
	}
	if done == 1 {
		return success()
	}
	if err := process(ctx, w, r.Event); err != nil {
		return failed()
	}
	if err := w.Redis.Set(ctx, mark, "1", retention).Err(); err != nil {
		return unavailable()
	}
	return success()
}
