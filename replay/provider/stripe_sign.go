package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const stripeSignature = "Stripe-Signature"

// Sign makes a delivery as Stripe would send it.
func (stripe) Sign(e replay.Event, secret string, kind replay.Signature, now time.Time) (http.Header, []byte, error) {
	header, body, at := stripeHeader(e.Header), e.Body, now
	if secret == "" && kind != replay.SignValid && kind != replay.SignMissing {
		return nil, nil, fmt.Errorf("sign %s: %s needs the endpoint's secret", e.Key, kind)
	}
	if secret == "" || kind == replay.SignMissing {
		return header, body, nil
	}
	switch kind {
	case replay.SignValid:
	case replay.SignWrongKey:
		secret = wrongSecret(secret)
	case replay.SignTampered:
		body = tampered(body)
	case replay.SignStale:
		// Twice the tolerance, so that a clock that is a few minutes off still finds it stale.
		at = now.Add(-2 * stripeTolerance)
	default:
		return nil, nil, fmt.Errorf("sign %s: unknown kind %q", e.Key, kind)
	}
	t := strconv.FormatInt(at.Unix(), 10)
	header.Set(stripeSignature, "t="+t+",v1="+hex.EncodeToString(stripeMAC(secret, t, e.Body)))
	return header, body, nil
}

func stripeHeader(recorded http.Header) http.Header {
	h := http.Header{
		"Accept":        {"*/*; q=0.5, application/xml"},
		"Cache-Control": {"no-cache"},
		"Content-Type":  {"application/json; charset=utf-8"},
		"User-Agent":    {"Stripe/1.0 (+https://stripe.com/docs/webhooks)"},
	}
	for name, values := range resendable(recorded) {
		h[name] = values
	}
	return h
}

// resendable keeps the recorded headers that describe the event and not the
// connection it came over; everything that is not listed may identify or authorise somebody.
func resendable(recorded http.Header) http.Header {
	var h http.Header
	for _, name := range []string{"Accept", "Cache-Control", "Content-Type", "User-Agent"} {
		if v := recorded.Values(name); len(v) > 0 {
			if h == nil {
				h = http.Header{}
			}
			h[name] = append([]string(nil), v...)
		}
	}
	return h
}

func stripeMAC(secret, t string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t))
	mac.Write([]byte{'.'})
	mac.Write(body)
	return mac.Sum(nil)
}

// wrongSecret is a secret of the same form that is not the endpoint's.
func wrongSecret(secret string) string {
	sum := sha256.Sum256([]byte("not " + secret))
	return "whsec_" + hex.EncodeToString(sum[:16])
}

// tampered changes one digit of pending_webhooks, which no endpoint acts on, so that an
// endpoint that does not verify takes the body for the same event. Where there is
// no such digit, white space is added inside the outer object.
func tampered(body []byte) []byte {
	out := append([]byte(nil), body...)
	r := gjson.GetBytes(body, "pending_webhooks")
	if end := r.Index + len(r.Raw); integer(r) != "" && r.Index > 0 && string(body[r.Index:end]) == r.Raw {
		last := &out[end-1]
		*last = '1' + (*last-'0')%9 // never 0: "00" would not be JSON
		return out
	}
	at := strings.IndexByte(string(body), '{') + 1
	return append(append(out[:at:at], ' '), body[at:]...)
}

// Verify checks a Stripe signature. Several v1 values may be present while a secret is being rolled.
func (stripe) Verify(header http.Header, body []byte, secret string, now time.Time) error {
	t, macs := stripeSignatureParts(header.Get(stripeSignature))
	seconds, err := strconv.ParseInt(t, 10, 64)
	if err != nil || len(macs) == 0 {
		return fmt.Errorf("%s: %w", stripeSignature, ErrUnsigned)
	}
	want := stripeMAC(secret, t, body)
	good := false
	for _, m := range macs {
		good = hmac.Equal(m, want) || good
	}
	if !good {
		return fmt.Errorf("%s: %w", stripeSignature, ErrSignature)
	}
	// Seconds, not durations: a hostile t would overflow one.
	if age, limit := now.Unix()-seconds, int64(stripeTolerance/time.Second); age > limit || age < -limit {
		return fmt.Errorf("%s: %w of %s", stripeSignature, ErrTolerance, stripeTolerance)
	}
	return nil
}

func stripeSignatureParts(value string) (t string, macs [][]byte) {
	for part := range strings.SplitSeq(value, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			t = v
		case "v1":
			if m, err := hex.DecodeString(v); err == nil {
				macs = append(macs, m)
			}
		}
	}
	return t, macs
}
