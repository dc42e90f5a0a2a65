package zoo

import (
	"context"
	"log/slog"
	"time"

	"hookonce/dedupe/reference"
)

// Swallow locks, renews, remembers and releases as it should.
//
// Its flaw: an error of the work is logged and swallowed, so the event is marked as done and
// acknowledged although nothing was done.
func Swallow(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	e := r.Event
	return once(ctx, w, e, reference.Busy(time.Second), func() error {
		if err := process(ctx, w, e); err != nil {
			slog.DebugContext(ctx, "webhook failed", "event", e.Key, "error", err)
		}
		return nil
	})
}
