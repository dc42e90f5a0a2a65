package zoo

import (
	"context"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// VersionString handles each event exactly once, and keeps a newer state: it reads, compares and writes in one transaction.
//
// Its flaw: it compares versions as text, and "10" comes before "9".
func VersionString(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return compared(ctx, w, r.Event, func(version, stored string) bool { return version > stored })
}

// compared processes an event once, and writes its state if the comparison finds it newer, in one transaction.
func compared(ctx context.Context, w *reference.World, e replay.Event, newer func(version, stored string) bool) reference.Response {
	return lockOf(e).once(ctx, w, func() error {
		if err := w.Work(ctx, e); err != nil {
			return err
		}
		if err := w.Effect(ctx, e, ""); err != nil || e.Subject == "" || e.Version == "" {
			return err
		}
		return w.Transact(ctx, e, func(tx *reference.Tx) error {
			stored, err := tx.Rows(ctx, "read "+e.Subject, `SELECT place FROM states WHERE subject = ?`, e.Subject)
			if err != nil || len(stored) > 0 && !newer(e.Version, stored[0]) {
				return err
			}
			tx.Saved(e)
			_, err = tx.Exec(ctx, "write "+e.Subject+" "+e.Version, `INSERT INTO states (subject, place) VALUES (?, ?)
				ON CONFLICT (subject) DO UPDATE SET place = excluded.place`, e.Subject, e.Version)
			return err
		})
	})
}
