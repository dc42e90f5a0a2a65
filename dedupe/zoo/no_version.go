package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// NoVersion handles each event exactly once.
//
// Its flaw: the last write wins. An older event that comes after a newer one of its subject
// takes the state back.
func NoVersion(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOf(r.Event).once(ctx, w, func() error {
		if err := w.Work(ctx, r.Event); err != nil {
			return err
		}
		if err := w.Effect(ctx, r.Event, ""); err != nil {
			return err
		}
		return w.Save(ctx, r.Event)
	})
}
