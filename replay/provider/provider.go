// Package provider knows what each webhook provider does: how an event is
// identified, how ids are renamed in its bytes, how a delivery is signed and
// verified, and the provider's published figures.
//
// One file (or a few with one prefix) per provider, one row per provider in the
// table below. The package never opens a connection, never reads a clock (the caller
// says what time it is), and never decodes and re-encodes a body.
package provider

import (
	"errors"
	"net/http"
	"time"

	"hookonce/replay"
)

// The ways in which Verify refuses a delivery.
var (
	// ErrUnsigned: there is no signature, or none that can be read.
	ErrUnsigned = errors.New("signature missing or unreadable")
	// ErrSignature: no signature was made over these bytes with this secret.
	ErrSignature = errors.New("signature does not match")
	// ErrTolerance: the signature's time is further from now than the provider tolerates.
	ErrTolerance = errors.New("signature time outside the tolerance")
	// errNoURL: the scheme signs the URL, and nobody said what it is.
	errNoURL = errors.New("the signature covers the endpoint's URL: give the one it believes it has with --public-url")
)

// Provider is what differs between providers.
type Provider interface {
	// Profile returns the provider's figures, each with source and date.
	Profile() replay.Profile
	// Identify makes an event of a body and the headers recorded with it; both may be
	// kept, so the caller must not change them afterwards. Fixture is left empty. The
	// error says why it is no event, as a phrase that can follow the name of a file.
	Identify(header http.Header, body []byte) (replay.Event, error)
	// Rename replaces the event's own ids (its key, its subject, its Refs) by
	// fresh(old). It touches only the bytes of those ids, in the body and in the headers, and returns the
	// event identified again, with OriginalKey set and Fixture kept. fresh is called once per distinct id
	// that stands in the event, in the order key, subject, Refs (a key or subject that is put together is
	// put together again), and must return a non-empty string, digits only where old is digits only.
	Rename(e replay.Event, fresh func(old string) string) (replay.Event, error)
	// Sign returns the headers and the body to send. The headers are complete but for
	// what the transport adds (Host, Content-Length). Without a secret it gives an unsigned
	// delivery for SignValid and SignMissing, and an error for the other kinds. The
	// body is e.Body itself, except for SignTampered and where the signature is kept in the body.
	Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error)
	// Verify does what a careful endpoint does with what it received at now. The error wraps
	// one of ErrUnsigned, ErrSignature and ErrTolerance.
	Verify(header http.Header, body []byte, at Endpoint, now time.Time) error
}

// row is one line of the table.
type row struct {
	Provider
	// recognises says whether a recording looks like the provider's, event or not.
	recognises func(header http.Header, body []byte) bool
}

// table lists every provider. Detect asks from top to bottom, once with the header alone and once with
// the body alone.
func table() []row {
	return []row{
		{stripe{}, recognisesStripe},
		{shopify{}, recognisesShopify},
		{twilio{}, recognisesTwilio},
		{slack{}, recognisesSlack},
		{square{}, recognisesSquare},
		{paypal{}, recognisesPayPal},
		{paddle{}, recognisesPaddle},
		{adyen{}, recognisesAdyen},
		{sendgrid{}, recognisesSendGrid},
		{mailgun{}, recognisesMailgun},
		{github{}, recognisesGitHub},
		{svix(), svix().recognises},
		{standardWebhooks(), standardWebhooks().recognises},
	}
}

// IdentifyValid is p.Identify for a body that is known to be valid JSON, which is not looked through for that again.
func IdentifyValid(p Provider, header http.Header, body []byte) (replay.Event, error) {
	if q, ok := p.(interface {
		identifyValid(http.Header, []byte) (replay.Event, error)
	}); ok {
		return q.identifyValid(header, body)
	}
	return p.Identify(header, body)
}
