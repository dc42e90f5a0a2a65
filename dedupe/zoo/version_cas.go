package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// VersionCAS charges under the event's key, and writes a subject's state only over an older one: the
// comparison and the write are one statement of the database. It needs no lock.
func VersionCAS(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if err := w.Work(ctx, r.Event); err != nil {
		return failed()
	}
	if err := w.Effect(ctx, r.Event, r.Key); err != nil {
		return unavailable()
	}
	if err := w.Transact(ctx, r.Event, func(tx *reference.Tx) error { return tx.SaveIfNewer(ctx, r.Event) }); err != nil {
		return unavailable()
	}
	return success()
}
