package zoo

import (
	"context"
	"net/http"

	"hookonce/dedupe/reference"
)

// Busy200 locks, renews, remembers and releases as it should.
//
// Its flaw: a duplicate that comes while the event is being worked on is answered 200. If that
// work then fails, the provider has already been told to forget the event.
func Busy200(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	l := lockOf(r.Event)
	l.busy = reference.Answer(http.StatusOK, "processing")
	return l.once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
