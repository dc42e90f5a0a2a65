package reference

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/replay"
)

// Article is the widely published pattern, verbatim: SET NX with a 60 s expiry, DEL on an error.
//
// Its flaw: the lock cannot tell work that is under way from work that is done, so a
// duplicate is told "success" while the first may still fail. (It has others: the lock is the
// dedupe window, its DEL may remove another's lock, and the version is compared in one command and written in the next.)
func Article(ctx context.Context, w *World, r Request) Response {
	e := r.Event
	lock := "webhook_lock:" + e.Key
	acquired, err := w.Redis.SetNX(ctx, lock, "processing", 60*time.Second).Result()
	if err != nil {
		return Answer(http.StatusInternalServerError, "error")
	}
	if !acquired {
		return Answer(http.StatusOK, "ignored")
	}
	if err := articleWork(ctx, w, e); err != nil {
		w.Redis.Del(ctx, lock)
		return Answer(http.StatusInternalServerError, "error")
	}
	return Answer(http.StatusOK, "success")
}

// articleWork discards an event older than the last one seen of its subject, and processes any other.
func articleWork(ctx context.Context, w *World, e replay.Event) error {
	if e.Subject != "" && e.Version != "" {
		key := "webhook_version:" + e.Subject
		stored, err := w.Redis.Get(ctx, key).Result()
		if err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
		if stored != "" && replay.CompareVersions(e.Version, stored) < 0 {
			return nil
		}
		if err := w.Redis.Set(ctx, key, e.Version, 0).Err(); err != nil {
			return err
		}
	}
	if err := w.Work(ctx, e); err != nil {
		return err
	}
	if err := w.Effect(ctx, e, ""); err != nil {
		return err
	}
	return w.Save(ctx, e)
}
