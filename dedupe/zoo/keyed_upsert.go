package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// KeyedUpsert remembers nothing and does everything again. What it writes is keyed by the event,
// so that the second time changes nothing.
func KeyedUpsert(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if err := w.Work(ctx, r.Event); err != nil {
		return failed()
	}
	err := w.Transact(ctx, r.Event, func(tx *reference.Tx) error {
		_, err := tx.Exec(ctx, "upsert the order of "+r.Key, `INSERT INTO orders (event, paid) VALUES (?, 1)
			ON CONFLICT (event) DO UPDATE SET paid = 1`, r.Key)
		if err != nil {
			return err
		}
		tx.Counted(r.Event, r.Key)
		return tx.SaveIfNewer(ctx, r.Event)
	})
	if err != nil {
		return unavailable()
	}
	return success()
}
