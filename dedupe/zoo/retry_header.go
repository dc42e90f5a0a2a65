package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// RetryHeader locks, renews, remembers and releases as it should.
//
// Its flaw: it believes that what is marked as a retry was processed before. A provider retries because it was not.
func RetryHeader(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	if r.Retry {
		return success()
	}
	return lockOf(r.Event).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
