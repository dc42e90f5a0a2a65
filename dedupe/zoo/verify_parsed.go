package zoo

import (
	"context"
	"encoding/json"
	"net/http"

	"hookonce/dedupe/reference"
)

// VerifyParsed locks, renews, remembers and releases as it should, and checks signatures.
//
// Its flaw: it checks them over the body as its JSON library writes it, and not over the
// bytes that came. A body with a space more is refused, although its signature is right.
func VerifyParsed(ctx context.Context, w *reference.World, r reference.Request) reference.Response {
	var parsed any
	if err := json.Unmarshal(r.Body, &parsed); err != nil {
		return reference.Answer(http.StatusBadRequest, "no JSON")
	}
	written, err := json.Marshal(parsed)
	if err != nil || !r.Genuine(written) {
		return reference.Answer(http.StatusUnauthorized, "bad signature")
	}
	return lockOf(r.Event).once(ctx, w, func() error { return process(ctx, w, r.Event) })
}
