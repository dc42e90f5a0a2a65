package zoo

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// NoVersion handles each event exactly once.
//
// Its flaw: the last write wins. An older event that comes after a newer one of its subject
// takes the state back.
func NoVersion(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	e := r.Event
	return once(ctx, w, e, reference.Busy(time.Second), func() error {
		if err := w.Work(ctx, e); err != nil {
			return err
		}
		if err := w.Effect(ctx, e, ""); err != nil {
			return err
		}
		return w.Save(ctx, e)
	})
}
