package provider

import (
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const stripeSignature = "Stripe-Signature"

// stripeScheme is v1 of Stripe's signatures. Several v1 values are there while a secret is being rolled.
func stripeScheme() scheme {
	return scheme{Header: stripeSignature, Lead: "t={timestamp}", Each: "v1={signature}", Sep: ",",
		Message: "{timestamp}.{body}", Tolerance: stripeTolerance}
}

// Sign makes a delivery as Stripe would send it.
func (stripe) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	header := headersOf(resendable(e.Header), http.Header{
		"Accept":        {"*/*; q=0.5, application/xml"},
		"Cache-Control": {"no-cache"},
		"Content-Type":  {"application/json; charset=utf-8"},
		"User-Agent":    {"Stripe/1.0 (+https://stripe.com/docs/webhooks)"},
	})
	body, err := stripeScheme().sign(header, e, to, s)
	return header, body, err
}

// Verify checks a Stripe signature.
func (stripe) Verify(header http.Header, body []byte, at Endpoint, now time.Time) error {
	return stripeScheme().verify(header, body, at, now)
}

// tampered changes one digit of pending_webhooks, which no endpoint acts on, so that an
// endpoint that does not verify takes the body for the same event. Where there is
// no such digit, white space is added inside the outer object or array, and to a form an empty field.
func tampered(body []byte) []byte {
	out := append([]byte(nil), body...)
	r := gjson.GetBytes(body, "pending_webhooks")
	if end := r.Index + len(r.Raw); integer(r) != "" && r.Index > 0 && string(body[r.Index:end]) == r.Raw {
		last := &out[end-1]
		*last = '1' + (*last-'0')%9 // never 0: "00" would not be JSON
		return out
	}
	if !ValidJSON(body) {
		return append(out, "&Tampered="...)
	}
	at := strings.IndexAny(string(body), "{[") + 1
	return append(append(out[:at:at], ' '), body[at:]...)
}
