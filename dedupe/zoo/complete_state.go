package zoo

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"hookonce/dedupe"
	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// CompleteState keeps the subject's state in the guard's record, written in the same step that marks the event as
// done. What others read follows the record, and is brought up to it before anything is acknowledged.
func CompleteState(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	guard := dedupe.Guard{Store: w.Store, Options: dedupe.Options{Clock: w.Stage, Token: w.NewToken, TieRule: dedupe.TieKeep}}
	event := dedupe.Event{Source: r.Provider, Subject: r.Subject, ID: r.Key}
	answer, err := guard.Do(ctx, event, func(ctx context.Context, _ int64) (dedupe.Result, error) {
		if err := w.Work(ctx, r.Event); err != nil {
			return dedupe.Result{}, err
		}
		data, err := json.Marshal(r.Event)
		if err != nil {
			return dedupe.Result{}, err
		}
		return dedupe.Result{Value: "success", Version: reference.GuardVersion(r.Event), Data: string(data), Tombstone: r.Deletes},
			w.Effect(ctx, r.Event, r.Key)
	})
	switch {
	case err != nil:
		return unavailable()
	case answer.Kind == dedupe.Busy:
		return reference.Busy(time.Second)
	}
	if err := follow(ctx, w, r.Event); err != nil {
		return unavailable()
	}
	return success()
}

// errNoRecord says that the guard has no state of a subject whose event it just called done.
var errNoRecord = errors.New("the subject's record is gone")

// follow brings what others read up to the record.
func follow(ctx context.Context, w *reference.World, e replay.Event) error {
	if e.Subject == "" || reference.GuardVersion(e) == "" { // the guard keeps no such state
		return w.SaveIfNewer(ctx, e)
	}
	state, found, err := w.Store.State(ctx, e.Provider, e.Subject)
	if err != nil {
		return err
	}
	if !found { // lost with the marker: the redelivery claims the event anew
		return errNoRecord
	}
	var newest replay.Event
	if err := json.Unmarshal([]byte(state.Data), &newest); err != nil {
		return err
	}
	return w.SaveIfNewer(ctx, newest)
}
