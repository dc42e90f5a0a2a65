package zoo

import (
	"context"
	"net/http"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// None handles each delivery as if it were the only one.
//
// Its flaw: no deduplication. Its state is right all the same, because it is compared and set.
func None(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	e := r.Event
	if err := process(ctx, w, e); err != nil {
		return reference.Answer(http.StatusInternalServerError, "error")
	}
	return reference.Answer(http.StatusOK, "success")
}

// process is the right way to process an event that nobody else is processing: the work, a
// charge that the downstream does not deduplicate, and a state that never goes back.
func process(ctx context.Context, w *reference.World, e replay.Event) error {
	if err := w.Work(ctx, e); err != nil {
		return err
	}
	if err := w.Effect(ctx, e, ""); err != nil {
		return err
	}
	return w.SaveIfNewer(ctx, e)
}
