package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// NewKeyPerAttempt locks, renews, remembers and releases as it should, and its downstream
// deduplicates charges by their key.
//
// Its flaw: the key is a new one for each attempt. A charge that was committed and then timed out is
// tried again under another key, and counts twice.
func NewKeyPerAttempt(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOf(r.Event).once(ctx, w, func() error { return processKeyed(ctx, w, r.Event, w.NewToken()) })
}
