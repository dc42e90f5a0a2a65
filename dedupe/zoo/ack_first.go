package zoo

import (
	"context"
	"net/http"

	"hookonce/dedupe/reference"
)

// AckFirst locks, renews, remembers and releases as it should, beside the answer.
//
// Its flaw: it answers before it works, and the work is in memory only. If the process dies then, or
// the work fails, nobody comes back for the event.
func AckFirst(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	ctx = context.WithoutCancel(ctx)
	w.Stage.Go(func() {
		lockOf(r.Event).once(ctx, w, func() error { return process(ctx, w, r.Event) })
	})
	return reference.Answer(http.StatusAccepted, "accepted")
}
