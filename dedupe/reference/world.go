package reference

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
	"hookonce/replay"
)

// World is what a handler can see and do. All handlers of one process share one; replicas of an
// endpoint share all of it but the Memory.
type World struct {
	// Redis is where the locks are kept. Its driver never re-sends a command by itself, unless a
	// simulation was told to have one that does.
	Redis redis.UniversalClient
	// Store keeps the guard's records, in the same Redis.
	Store dedupe.Store
	Stage Stage
	// Memory is what the process remembers: its replicas do not share it, and a restart empties it.
	Memory *sync.Map
	// SQL is the endpoint's database, which its processes share.
	SQL *Database
	// Ledger takes the effects and the states.
	Ledger *Ledger
	// WorkTime is how long the work of one event takes.
	WorkTime time.Duration
	// Fails says which work fails, before its effect; nil for none.
	Fails Failure
	// Downstream is called for each charge before the ledger takes it, and may refuse; nil for none.
	Downstream func(ctx context.Context, e replay.Event, key string) error
	// NewToken returns a string nobody else has: an ownership token.
	NewToken func() string
}

// Work does the event's work. It takes WorkTime, and its failure leaves no trace.
func (w *World) Work(ctx context.Context, e replay.Event) error {
	attempt := w.Ledger.Attempt(e)
	if err := w.Stage.Sleep(ctx, w.WorkTime); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	if w.Fails != nil && w.Fails(e, attempt) {
		return ErrWork
	}
	return nil
}

// Effect charges for the event. Two charges with one key are one; a charge with an empty
// key always counts, which is what a downstream without idempotency keys does.
func (w *World) Effect(ctx context.Context, e replay.Event, key string) error {
	err := w.Stage.Do(ctx, "charge "+e.Key, func() error {
		switch {
		case w.SQL.kept() && w.Downstream != nil:
			return w.Downstream(ctx, e, key) // which counts, and knows the keys
		case w.SQL.kept():
			return w.SQL.charge(e, key)
		}
		if w.Downstream != nil && !w.Ledger.Charged(key) {
			if err := w.Downstream(ctx, e, key); err != nil {
				return err
			}
		}
		w.Ledger.Charge(e, key, w.Stage.Now())
		return nil
	})
	if err != nil {
		return fmt.Errorf("effect: %w", err)
	}
	return nil
}

// Save writes the event's version as the state of its subject, whatever was there
// before. It does nothing for an event without a subject or a version.
func (w *World) Save(ctx context.Context, e replay.Event) error {
	return w.state(ctx, "save", e, false)
}

// SaveIfNewer is Save in one atomic step that leaves a later state alone.
func (w *World) SaveIfNewer(ctx context.Context, e replay.Event) error {
	return w.state(ctx, "save if newer", e, true)
}

func (w *World) state(ctx context.Context, what string, e replay.Event, newer bool) error {
	if e.Subject == "" || e.Version == "" {
		return nil
	}
	err := w.Stage.Do(ctx, what+" "+e.Subject+" "+e.Version, func() error {
		switch {
		case w.SQL.kept():
			return w.SQL.save(e, newer)
		case newer:
			w.Ledger.SaveIfNewer(e, w.Stage.Now())
		default:
			w.Ledger.Save(e, w.Stage.Now())
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("state of %s: %w", e.Subject, err)
	}
	return nil
}

// Fetch asks the provider for the event's subject as it is now: as the newest event of it says that
// anybody asked about so far. It returns that event.
func (w *World) Fetch(ctx context.Context, e replay.Event) (now replay.Event, err error) {
	if w.SQL.kept() {
		if err := w.SQL.hear(e); err != nil {
			return now, fmt.Errorf("fetch %s: %w", e.Subject, err)
		}
	} else {
		w.Ledger.Heard(e)
	}
	err = w.Stage.Do(ctx, "fetch "+e.Subject, func() (err error) {
		if w.SQL.kept() {
			now, err = w.SQL.newest(e)
			return err
		}
		now = w.Ledger.Newest(e)
		return nil
	})
	if err != nil {
		return now, fmt.Errorf("fetch %s: %w", e.Subject, err)
	}
	return now, nil
}

// Load reads the state of a subject; false where there never was one.
func (w *World) Load(ctx context.Context, subject string) (s State, found bool, err error) {
	err = w.Stage.Do(ctx, "load "+subject, func() error {
		if w.SQL.kept() {
			list, err := w.SQL.states(subject)
			if found = len(list) > 0 && subject != ""; found {
				s = list[0]
			}
			return err
		}
		s, found = w.Ledger.Load(subject)
		return nil
	})
	return s, found, err
}
