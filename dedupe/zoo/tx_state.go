package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// TxState adds to a balance and writes the event's marker in one transaction, as TxLog does with a log.
func TxState(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return inOneTransaction(ctx, w, r.Event, func(tx *reference.Tx) error {
		_, err := tx.Exec(ctx, "add to the balance of "+r.Subject, `INSERT INTO balances (subject, total) VALUES (?, 1)
			ON CONFLICT (subject) DO UPDATE SET total = total + 1`, r.Subject)
		if err != nil {
			return err
		}
		tx.Counted(r.Event, "")
		return tx.SaveIfNewer(ctx, r.Event)
	})
}
