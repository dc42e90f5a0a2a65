package zoo

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// Inbox writes the event down, answers 202, and works later. Effect and "done" are one
// transaction. What was written down survives a crash: a process that starts takes care of all that is
// there, and every worker of what others should have done by now.
func Inbox(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	ctx = context.WithoutCancel(ctx)
	payload, err := json.Marshal(r.Event)
	if err != nil {
		return failed()
	}
	due := w.Stage.Now().Add(inboxGrace).UnixMilli()
	err = w.Transact(ctx, r.Event, func(tx *reference.Tx) error {
		_, err := tx.Exec(ctx, "write down "+r.Key, `INSERT INTO inbox (event, payload, due, done) VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING`,
			r.Key, payload, due)
		return err
	})
	if err != nil {
		return unavailable()
	}
	w.Stage.Go(func() {
		takeOut(ctx, w, []replay.Event{r.Event})
		takeOut(ctx, w, inboxOf(ctx, w, w.Stage.Now()))
	})
	return reference.Answer(http.StatusAccepted, "accepted")
}

const (
	// inboxGrace is how long the one who wrote an event down has it for itself.
	inboxGrace = time.Minute
	// inboxTries bounds how often work that fails is tried in a row.
	inboxTries = 10
)

// EmptyInbox works on all that a process finds in the inbox when it starts.
func EmptyInbox(ctx context.Context, w *reference.World) {
	takeOut(ctx, w, inboxOf(ctx, w, w.Stage.Now().Add(inboxGrace)))
}

// inboxOf lists what is not done and was due at a time. What cannot be read now is left to the next one who looks.
func inboxOf(ctx context.Context, w *reference.World, at time.Time) (waiting []replay.Event) {
	rows, err := w.Rows(ctx, "look into the inbox", `SELECT payload FROM inbox WHERE done = 0 AND due <= ?`, at.UnixMilli())
	if err != nil {
		return nil
	}
	for _, row := range rows {
		var e replay.Event
		if json.Unmarshal([]byte(row), &e) == nil { // it was written by Inbox
			waiting = append(waiting, e)
		}
	}
	return waiting
}

// takeOut works on events, and tries again what fails.
func takeOut(ctx context.Context, w *reference.World, waiting []replay.Event) {
	for _, e := range waiting {
		for range inboxTries {
			if takeOutOne(ctx, w, e) == nil || w.Stage.Sleep(ctx, time.Second) != nil {
				break
			}
		}
	}
}

func takeOutOne(ctx context.Context, w *reference.World, e replay.Event) error {
	if err := w.Work(ctx, e); err != nil {
		return err
	}
	return w.Transact(ctx, e, func(tx *reference.Tx) error {
		n, err := tx.Exec(ctx, "take out "+e.Key, `UPDATE inbox SET done = 1 WHERE event = ? AND done = 0`, e.Key)
		if err != nil || n == 0 { // another worker was quicker
			return err
		}
		return chargeAndSave(ctx, tx, e)
	})
}
