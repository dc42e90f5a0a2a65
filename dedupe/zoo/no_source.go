package zoo

import (
	"context"

	"hookonce/dedupe/reference"
)

// NoSource locks, renews, remembers and releases as it should.
//
// Its flaw: its key is the provider's id alone. Two accounts, or two providers, can give
// one id to two events, and the second one is lost.
func NoSource(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	return lockOn(r.ProviderID()).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
