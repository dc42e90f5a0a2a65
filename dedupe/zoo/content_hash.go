package zoo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"hookonce/dedupe/reference"
)

// ContentHash locks, renews, remembers and releases as it should.
//
// Its flaw: its key is a hash of what the event says, without the event's id. Two events that say
// the same, because the same thing happened twice, are one event to it.
func ContentHash(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	var content map[string]json.RawMessage
	if err := json.Unmarshal(r.Body, &content); err != nil {
		return failed()
	}
	delete(content, "id")
	text, err := json.Marshal(content)
	if err != nil {
		return failed()
	}
	sum := sha256.Sum256(text)
	return lockOn(hex.EncodeToString(sum[:])).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
