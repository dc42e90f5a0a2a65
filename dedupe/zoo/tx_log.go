package zoo

import (
	"context"
	"errors"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// TxLog writes the effect and the event's marker in one transaction: either both are there, or
// neither. The marker is UNIQUE, so of two deliveries at once one commits.
func TxLog(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return inOneTransaction(ctx, w, r.Event, func(tx *reference.Tx) error { return chargeAndSave(ctx, tx, r.Event) })
}

// errDone says that the event's marker is there already.
var errDone = errors.New("done before")

// inOneTransaction does the work, which changes nothing, and then commits the effect together with the marker.
func inOneTransaction(ctx context.Context, w *reference.World, e replay.Event, effect func(*reference.Tx) error) reference.Response {
	if err := w.Work(ctx, e); err != nil {
		return failed()
	}
	err := w.Transact(ctx, e, func(tx *reference.Tx) error {
		if fresh, err := tx.Mark(ctx, e); err != nil {
			return err
		} else if !fresh {
			return errDone
		}
		return effect(tx)
	})
	if err != nil && !errors.Is(err, errDone) {
		return unavailable()
	}
	return success()
}
