package zoo

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// Window24h locks, renews and releases as it should.
//
// Its flaw: it remembers a processed event for a day, and providers redeliver for three.
func Window24h(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	l := lockOf(r.Event)
	l.retention = 24 * time.Hour
	return l.once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
