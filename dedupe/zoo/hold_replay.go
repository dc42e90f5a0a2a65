package zoo

import (
	"context"
	"time"

	"hookonce/dedupe/reference"
)

// HoldReplay is Hardened for a provider that never comes back: a duplicate that comes while the event
// is being worked on waits for the result, and is given it.
func HoldReplay(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return reference.Held(ctx, w, r, 20*time.Second)
}
