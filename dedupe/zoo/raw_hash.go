package zoo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"hookonce/dedupe/reference"
)

// RawHash locks, renews, remembers and releases as it should.
//
// Its flaw: its key is a hash of the bytes that came. The same event with its fields in another order is
// another event to it.
func RawHash(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	sum := sha256.Sum256(r.Body)
	return lockOn(hex.EncodeToString(sum[:])).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
