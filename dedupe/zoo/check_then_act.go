package zoo

import (
	"context"
	"net/http"

	"hookonce/dedupe/reference"
)

// CheckThenAct remembers which events it has done, for longer than any provider retries.
//
// Its flaw: it looks for the mark before the work and sets it after, and two deliveries can
// both look before either sets it.
func CheckThenAct(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	e := r.Event
	mark := "done:" + e.Key
	done, err := w.Redis.Exists(ctx, mark).Result()
	if err != nil {
		return reference.Answer(http.StatusServiceUnavailable, "error")
	}
	if done == 1 {
		return reference.Answer(http.StatusOK, "success")
	}
	if err := process(ctx, w, e); err != nil {
		return reference.Answer(http.StatusInternalServerError, "error")
	}
	if err := w.Redis.Set(ctx, mark, "1", retention).Err(); err != nil {
		return reference.Answer(http.StatusServiceUnavailable, "error")
	}
	return reference.Answer(http.StatusOK, "success")
}
