package zoo

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// Window60s locks, renews and releases as it should.
//
// Its flaw: the lock is all the memory it has. What was processed is forgotten a minute later.
func Window60s(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	l := lockOf(r.Event)
	l.lease, l.retention = time.Minute, time.Minute
	return l.once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
