package reference

import (
	"context"
	"net/http"

	"hookonce/replay"
)

// Request is one delivery as an endpoint sees it.
type Request struct {
	// Event is what the provider's rules make of the delivery; its Body is the bytes as they came.
	replay.Event
	// Attempt is the id of this very attempt, where the provider sends one in a header: it is
	// new with every redelivery. Empty where there is none.
	Attempt string
	// Retry says that the provider marked the delivery as a retry.
	Retry bool
	// Verify checks the delivery's signature, as if the body had come like this; nil accepts any.
	Verify func(body []byte) error
}

// Genuine says that the delivery's signature fits a body.
func (r Request) Genuine(body []byte) bool { return r.Verify == nil || r.Verify(body) == nil }

// Verified lets a handler see only deliveries whose signature fits the bytes as they came.
func Verified(h Handler) Handler {
	return func(ctx context.Context, w *World, r Request) Response {
		if !r.Genuine(r.Body) {
			return Answer(http.StatusUnauthorized, "bad signature")
		}
		return h(ctx, w, r)
	}
}
