package zoo

import (
	"context"
	"log/slog"

	"hookonce/dedupe/reference"
)

// Swallow locks, renews, remembers and releases as it should.
//
// Its flaw: an error of the work is logged and swallowed, so the event is marked as done and
// acknowledged although nothing was done.
func Swallow(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOf(r.Event).once(ctx, w, func() error {
		if err := process(ctx, w, r.Event); err != nil {
			slog.DebugContext(ctx, "webhook failed", "event", r.Key, "error", err)
		}
		return nil
	})
}
