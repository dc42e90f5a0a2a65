package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// PerAttemptID locks, renews, remembers and releases as it should.
//
// Its flaw: its key is the header that identifies the attempt, where there is one. A redelivery has another.
func PerAttemptID(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	id := r.Attempt
	if id == "" {
		id = r.Key
	}
	return lockOn(id).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
