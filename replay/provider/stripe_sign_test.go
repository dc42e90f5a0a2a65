package provider

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"hookonce/replay"
)

// badKinds are the ways to sign that every endpoint must refuse, with what Verify says of them.
var badKinds = map[replay.Signature]error{
	replay.SignMissing:  ErrUnsigned,
	replay.SignWrongKey: ErrSignature,
	replay.SignTampered: ErrSignature,
	replay.SignStale:    ErrTolerance,
}

// construct is what an endpoint built with Stripe's own library does.
func construct(header http.Header, body []byte) error {
	_, err := webhook.ConstructEventWithOptions(body, header.Get("Stripe-Signature"), testSecret,
		webhook.ConstructEventOptions{IgnoreAPIVersionMismatch: true})
	return err
}

// TestSignAgainstStripeGo: Stripe's own library accepts every valid delivery of
// every fixture, as recorded and with fresh ids, and refuses every bad one.
func TestSignAgainstStripeGo(t *testing.T) {
	events := fixtures(t)
	if len(events) < 32 {
		t.Fatalf("%d fixtures, want at least 32", len(events))
	}
	for name, e := range events {
		fresh, err := stripe{}.Rename(e, func(old string) string { return old + "Z9" })
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range []replay.Event{e, fresh} {
			checkSigned(t, name, e)
		}
	}
}

func checkSigned(t *testing.T, name string, e replay.Event) {
	t.Helper()
	now := time.Now()
	header, body, err := sign(stripe{}, e, testSecret, replay.SignValid, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := construct(header, body); err != nil {
		t.Errorf("%s: stripe-go refuses a valid delivery: %v", name, err)
	}
	if err := (stripe{}).Verify(header, body, endpointWith(testSecret), now); err != nil {
		t.Errorf("%s: Verify refuses a valid delivery: %v", name, err)
	}
	for kind, want := range badKinds {
		header, body, err := sign(stripe{}, e, testSecret, kind, now)
		if err != nil {
			t.Fatal(err)
		}
		if construct(header, body) == nil {
			t.Errorf("%s: stripe-go accepts a %s delivery", name, kind)
		}
		if err := (stripe{}).Verify(header, body, endpointWith(testSecret), now); !errors.Is(err, want) {
			t.Errorf("%s: Verify says %v of a %s delivery, want %v", name, err, kind, want)
		}
	}
}

// TestTamperedIsTheSameEvent: an endpoint that does not verify takes the tampered body for the event itself.
func TestTamperedIsTheSameEvent(t *testing.T) {
	for name, e := range fixtures(t) {
		checkTampered(t, name, e)
	}
	for _, body := range []string{
		event("a.b", `{"id":"cus_1"}`),
		strings.Replace(event("a.b", `{"id":"cus_1"}`), `"id"`, `"pending_webhooks":0,"id"`, 1),
		strings.Replace(event("a.b", `{"id":"cus_1"}`), `"id"`, `"pending_webhooks":1009,"id"`, 1),
		strings.Replace(event("a.b", `{"id":"cus_1"}`), `"id"`, `"pending_webhooks":null,"id"`, 1),
	} {
		checkTampered(t, body, identify(t, body))
	}
}

func checkTampered(t *testing.T, name string, e replay.Event) {
	t.Helper()
	before := bytes.Clone(e.Body)
	_, body, err := sign(stripe{}, e, testSecret, replay.SignTampered, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(body, e.Body) || !json.Valid(body) || !bytes.Equal(before, e.Body) {
		t.Errorf("%s: tampering gave %s", name, body)
	}
	got, err := stripe{}.Identify(nil, body)
	if err != nil || got.Key != e.Key || got.Subject != e.Subject || got.Version != e.Version {
		t.Errorf("%s: the tampered body is another event: %+v, %v", name, got, err)
	}
}

func TestSignHeaders(t *testing.T) {
	e := identify(t, event("a.b", `{"id":"cus_1"}`))
	h, body, err := sign(stripe{}, e, testSecret, replay.SignValid, time.Unix(1700000000, 0))
	if err != nil || !bytes.Equal(body, e.Body) {
		t.Fatal(err)
	}
	if !strings.HasPrefix(h.Get("Content-Type"), "application/json") || !strings.HasPrefix(h.Get("User-Agent"), "Stripe/") {
		t.Errorf("headers %v are not the provider's", h)
	}
	if s := h.Get("Stripe-Signature"); !strings.HasPrefix(s, "t=1700000000,v1=") {
		t.Errorf("signature %q", s)
	}
	e.Header = http.Header{"User-Agent": {"Stripe/9"}, "Stripe-Signature": {"t=1,v1=00"}}
	h, _, err = sign(stripe{}, e, testSecret, replay.SignMissing, time.Now())
	if err != nil || h.Get("User-Agent") != "Stripe/9" || h.Get("Stripe-Signature") != "" {
		t.Errorf("headers %v, %v: want the recorded user agent and no recorded signature", h, err)
	}
}

func TestSignWithoutSecret(t *testing.T) {
	e := identify(t, event("a.b", `{"id":"cus_1"}`))
	for kind := range badKinds {
		if _, _, err := sign(stripe{}, e, "", kind, time.Now()); (err != nil) != (kind != replay.SignMissing) {
			t.Errorf("%s without a secret: %v", kind, err)
		}
	}
	if h, _, err := sign(stripe{}, e, "", replay.SignValid, time.Now()); err != nil || h.Get("Stripe-Signature") != "" {
		t.Errorf("unsigned delivery: %v %v", h, err)
	}
	if _, _, err := sign(stripe{}, e, testSecret, "sideways", time.Now()); err == nil {
		t.Error("an unknown kind is accepted")
	}
}

func TestVerify(t *testing.T) {
	now, body := time.Unix(1700000000, 0), []byte(`{}`)
	mac := func(t string) string { return "v1=" + hexMAC(testSecret, t, body) }
	for value, want := range map[string]error{
		"":                   ErrUnsigned,
		"t=1700000000":       ErrUnsigned,
		"v1=00":              ErrUnsigned,
		"t=x," + mac("x"):    ErrUnsigned,
		"t=1700000000,v1=zz": ErrUnsigned,
		"t=1700000000,v1=00": ErrSignature,
		"t=1700000000,v0=00,v1=00," + mac("1700000000"):         nil,
		"t=1700000000, " + mac("1700000000"):                    nil,
		"t=1699999700," + mac("1699999700"):                     nil,
		"t=1699999699," + mac("1699999699"):                     ErrTolerance,
		"t=1700000301," + mac("1700000301"):                     ErrTolerance,
		"t=-9223372036854775808," + mac("-9223372036854775808"): ErrTolerance,
		"t=9223372036854775807," + mac("9223372036854775807"):   ErrTolerance,
	} {
		err := (stripe{}).Verify(http.Header{"Stripe-Signature": {value}}, body, endpointWith(testSecret), now)
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", value, err, want)
		}
	}
}

func hexMAC(secret, t string, body []byte) string {
	mac, _ := stripeScheme().mac(secret, t, "", "", body)
	return hex.EncodeToString(mac)
}
