package zoo

import (
	"context"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// MarkerSecond locks and renews as it should, and remembers in the database which events are done.
//
// Its flaw: the effect is one transaction and the marker another. If the process dies between
// the two, the redelivery finds no marker, and does it all again.
func MarkerSecond(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOf(r.Event).once(ctx, w, func() error {
		if done, err := marked(ctx, w, r.Event); done || err != nil {
			return err
		}
		if err := w.Work(ctx, r.Event); err != nil {
			return err
		}
		if err := w.Transact(ctx, r.Event, func(tx *reference.Tx) error { return chargeAndSave(ctx, tx, r.Event) }); err != nil {
			return err
		}
		return mark(ctx, w, r.Event)
	})
}

// marked says whether the event's marker is in the database, and mark puts it there.
func marked(ctx context.Context, w *reference.World, e replay.Event) (found bool, err error) {
	rows, err := w.Rows(ctx, "look for the marker of "+e.Key, `SELECT event FROM markers WHERE event = ?`, e.Key)
	return len(rows) > 0, err
}

func mark(ctx context.Context, w *reference.World, e replay.Event) error {
	return w.Transact(ctx, e, func(tx *reference.Tx) error {
		_, err := tx.Mark(ctx, e)
		return err
	})
}

func chargeAndSave(ctx context.Context, tx *reference.Tx, e replay.Event) error {
	if err := tx.Charge(ctx, e); err != nil {
		return err
	}
	return tx.SaveIfNewer(ctx, e)
}
