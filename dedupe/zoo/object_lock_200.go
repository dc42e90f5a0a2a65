package zoo

import (
	"context"
	"net/http"

	"hookonce/dedupe/reference"
)

// ObjectLock200 locks the subject, so that its events are processed one after another, and then the event.
//
// Its flaw: an event whose subject is being worked on is answered 200. The other worker works on
// another event, and this one is lost.
func ObjectLock200(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if r.Subject == "" {
		return lockOf(r.Event).once(ctx, w, func() error { return process(ctx, w, r.Event) })
	}
	lock, token := "subject:"+r.Subject, w.NewToken()
	acquired, err := w.Redis.SetNX(ctx, lock, token, lease).Result()
	if err != nil {
		return unavailable()
	}
	if !acquired {
		return reference.Answer(http.StatusOK, "success")
	}
	defer func() { _ = swap(ctx, w, lock, token, "", 0) }()
	return lockOf(r.Event).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
