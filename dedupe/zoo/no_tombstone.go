package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// NoTombstone handles each event exactly once, and keeps a newer state with a compare-and-set in the database.
//
// Its flaw: a deletion deletes the row, and the version with it. An older update that comes
// later finds nothing to compare with, and brings the subject back.
func NoTombstone(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOf(r.Event).once(ctx, w, func() error {
		if err := w.Work(ctx, r.Event); err != nil {
			return err
		}
		if err := w.Effect(ctx, r.Event, ""); err != nil {
			return err
		}
		return w.Transact(ctx, r.Event, func(tx *reference.Tx) error {
			if !r.Deletes {
				return tx.SaveIfNewer(ctx, r.Event)
			}
			newer, err := tx.Rows(ctx, "read "+r.Subject, `SELECT place FROM states WHERE subject = ? AND place > ?`,
				r.Subject, reference.Place(r.Event))
			if err != nil || len(newer) > 0 {
				return err
			}
			tx.Saved(r.Event)
			_, err = tx.Exec(ctx, "delete "+r.Subject, `DELETE FROM states WHERE subject = ?`, r.Subject)
			return err
		})
	})
}
