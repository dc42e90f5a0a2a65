package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// Refetch takes an event for a hint that something changed, and asks the provider for the subject as
// it is now. In which order events come does not matter then. The charge is keyed by the event.
func Refetch(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if err := w.Work(ctx, r.Event); err != nil {
		return failed()
	}
	if err := w.Effect(ctx, r.Event, r.Key); err != nil {
		return unavailable()
	}
	now, err := w.Fetch(ctx, r.Event)
	if err != nil {
		return unavailable()
	}
	if err := w.SaveIfNewer(ctx, now); err != nil { // two may have asked at different times
		return unavailable()
	}
	return success()
}
