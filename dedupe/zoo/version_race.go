package zoo

import (
	"context"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// VersionRace handles each event exactly once, and keeps a newer state.
//
// Its flaw: it reads the version, does the event's work, compares and writes: steps of their own. A newer event that comes in
// between is overwritten.
func VersionRace(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOf(r.Event).once(ctx, w, func() error {
		state, found, err := w.Load(ctx, r.Subject)
		if err != nil {
			return err
		}
		if err := w.Work(ctx, r.Event); err != nil {
			return err
		}
		if err := w.Effect(ctx, r.Event, ""); err != nil {
			return err
		}
		if found && replay.CompareVersions(r.Version, state.Version) <= 0 {
			return nil
		}
		return w.Save(ctx, r.Event)
	})
}
