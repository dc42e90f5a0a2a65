package provider_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hookonce/replay"
	"hookonce/replay/fixture"
	"hookonce/replay/provider"
)

// delivery is one signed delivery, good or bad.
type delivery struct {
	name     string // provider, fixture and kind
	provider string
	kind     replay.Signature
	header   http.Header
	body     []byte
	at       provider.Endpoint
}

// acme is a provider that is described, as in hookonce.yaml.
func acme(t testing.TB) provider.Generic {
	g, err := provider.Generic{Name: "acme", ID: "header: X-Acme-Id", Type: "kind", Subject: "order.id", Version: "order.rev",
		Deleted: []string{"*.deleted"}, Retries: []time.Duration{time.Minute},
		Signature: provider.GenericSignature{Header: "X-Acme-Signature", Value: "t={timestamp},sig={signature}", Message: "{id}/{timestamp}/{body}",
			Hash: "sha512", Encoding: "base64url", Tolerance: time.Minute}}.Check()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func acmeEvents(t testing.TB) []replay.Event {
	var out []replay.Event
	for i, kind := range []string{"order.placed", "order.changed", "order.deleted"} {
		e, err := acme(t).Identify(http.Header{"X-Acme-Id": {fmt.Sprintf("acme-%d-aaaaaa", i)}},
			[]byte(fmt.Sprintf(`{"kind":%q,"order":{"id":"ord-000777","rev":%d}}`, kind, i)))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func known(t testing.TB) provider.Set { return provider.Set{}.With(acme(t)) }

func eventsOf(t testing.TB, name string) []replay.Event {
	t.Helper()
	if name == "acme" {
		return acmeEvents(t)
	}
	set, err := fixture.Load([]string{filepath.Join("..", "..", "testdata", "fixtures", name)}, nil, fixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range set.Files {
		if f.Reason != "" {
			t.Errorf("%s: %s", f.Path, f.Reason)
		}
	}
	return set.Events
}

// keys are made once: a key for each test would be slow.
type keys struct{ sendgrid, paypal provider.Keys }

func newKeys(t testing.TB) keys {
	t.Helper()
	var k keys
	for name, to := range map[string]*provider.Keys{"sendgrid": &k.sendgrid, "paypal": &k.paypal} {
		p, err := provider.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if *to, err = provider.NewKeys(p); err != nil {
			t.Fatal(err)
		}
	}
	return k
}

func (k keys) endpoint(name string) provider.Endpoint {
	at := provider.Endpoint{Secrets: []string{"made_up_secret_of_" + name}, URL: "https://shop.example/hooks/" + name + "?a=1",
		WebhookID: "1JE4291016473214C", CertURL: "https://127.0.0.1:9/cert.pem"}
	switch name {
	case "standardwebhooks", "svix":
		at.Secrets = []string{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
	case "adyen":
		at.Secrets = []string{strings.ToUpper(hex.EncodeToString([]byte("made up key of 32 bytes for test")))}
	case "sendgrid":
		at.Secrets = []string{k.sendgrid.Private}
	case "paypal":
		at.Secrets = []string{k.paypal.Private}
	}
	return at
}

// fresh is a stand-in for the plan's: it keeps digits digits, and the length.
func fresh(old string) string {
	out := []byte(old)
	for i, c := range out {
		switch {
		case c >= '0' && c <= '8':
			out[i] = c + 1
		case c == '9':
			out[i] = '1'
		}
	}
	if string(out) == old {
		return old + "Z9"
	}
	return string(out)
}

// mutant is an event as a plan may send it: changed before it is signed.
type mutant struct {
	name string
	replay.Event
	anew bool
}

// mutants are the event as recorded, with fresh ids, and after every mutation that faults make of it. other is another one of
// the provider.
func mutants(t testing.TB, p provider.Provider, e, other replay.Event) []mutant {
	t.Helper()
	renamed, err := p.Rename(e, fresh)
	if err != nil {
		t.Fatalf("%s: %v", e.Fixture, err)
	}
	out := []mutant{{"recorded", e, false}, {"renamed", renamed, false}, {"another attempt's id", renamed, true}}
	for _, r := range replay.Rewrites() {
		written := renamed
		written.Body = r.Apply(renamed.Body)
		out = append(out, mutant{string(r), written, false})
	}
	if sourced, err := provider.FromSource(p, renamed, renamed.Key); err == nil {
		out = append(out, mutant{"another source", sourced, false})
	} else if !errors.Is(err, replay.ErrNoSource) {
		t.Fatalf("%s: %v", e.Fixture, err)
	}
	list := p.Profile().Batch
	for _, b := range []replay.Batch{replay.BatchMerged, replay.BatchHead, replay.BatchRest} {
		batched := renamed
		if batched.Body, err = b.Apply(renamed.Body, other.Body, list); err == nil && list != "" {
			out = append(out, mutant{string(b), batched, false})
		}
	}
	return out
}

// deliveries signs every fixture of a provider, after every mutation, in every way.
func deliveries(t testing.TB, name string, at provider.Endpoint, now time.Time) []delivery {
	t.Helper()
	p, err := known(t).ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []replay.Signature{replay.SignValid, replay.SignMissing, replay.SignWrongKey, replay.SignTampered}
	if p.Profile().Tolerance > 0 {
		kinds = append(kinds, replay.SignStale)
	}
	var out []delivery
	events := eventsOf(t, name)
	for i, e := range events {
		for _, m := range mutants(t, p, e, events[(i+1)%len(events)]) {
			for _, kind := range kinds {
				h, body, err := p.Sign(m.Event, at, replay.Sending{Signature: kind, Now: now, Attempt: fmt.Sprint(len(out)), Anew: m.anew})
				if err != nil {
					t.Fatalf("%s, %s: %v", e.Fixture, m.name, err)
				}
				out = append(out, delivery{fmt.Sprintf("%s, %s, %q", e.Fixture, m.name, kind), name, kind, h, body, at})
			}
		}
	}
	return out
}

// Our own Verify accepts every good delivery and refuses every bad one, for every provider, after every mutation.
func TestVerifyEveryProvider(t *testing.T) {
	k, now := newKeys(t), time.Now()
	for _, name := range known(t).Names() {
		at := k.endpoint(name)
		p, _ := known(t).ByName(name)
		all := deliveries(t, name, at, now)
		if len(all) < 4*3*3 {
			t.Errorf("%s: only %d deliveries", name, len(all))
		}
		for _, d := range all {
			err := p.Verify(d.header, d.body, at, now)
			want := map[replay.Signature]error{replay.SignValid: nil, replay.SignMissing: provider.ErrUnsigned, replay.SignWrongKey: provider.ErrSignature,
				replay.SignTampered: provider.ErrSignature, replay.SignStale: provider.ErrTolerance}[d.kind]
			if !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("%s: %v, want %v", d.name, err, want)
			}
		}
	}
}

// An endpoint that does not verify takes a tampered delivery for the event itself.
func TestTamperedIsTheSameEventForEveryProvider(t *testing.T) {
	k := newKeys(t)
	for _, name := range known(t).Names() {
		p, _ := known(t).ByName(name)
		for _, e := range eventsOf(t, name) {
			h, body, err := p.Sign(e, k.endpoint(name), replay.Sending{Signature: replay.SignTampered, Now: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Identify(h, body)
			if err != nil || got.Key != e.Key || got.Subject != e.Subject || got.Version != e.Version {
				t.Errorf("%s: the tampered delivery is another event: %+v, %v", e.Fixture, got, err)
			}
		}
	}
}

// With two secrets, an endpoint that knows only one of them accepts, where the scheme has room for both.
func TestTwoSecrets(t *testing.T) {
	now := time.Now()
	for name, second := range map[string]string{"stripe": "whsec_new", "paddle": "pdl_new", "standardwebhooks": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
		"svix": "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "acme": "new"} {
		p, _ := known(t).ByName(name)
		first := keys{}.endpoint(name).Secrets[0]
		e := eventsOf(t, name)[0]
		h, body, err := p.Sign(e, provider.Endpoint{Secrets: []string{first, second}}, replay.Sending{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, only := range []string{first, second} {
			if err := p.Verify(h, body, provider.Endpoint{Secrets: []string{only}}, now); err != nil {
				t.Errorf("%s with %s alone: %v", name, only, err)
			}
		}
		if err := p.Verify(h, body, provider.Endpoint{Secrets: []string{"whsec_dGhpcmQ="}}, now); !errors.Is(err, provider.ErrSignature) {
			t.Errorf("%s with a third secret: %v", name, err)
		}
	}
}

func TestRetryHeaders(t *testing.T) {
	k, now := newKeys(t), time.Now()
	for name, want := range map[string]http.Header{
		"slack":  {"X-Slack-Retry-Num": {"2"}, "X-Slack-Retry-Reason": {"http_error"}},
		"square": {"Square-Retry-Number": {"2"}, "Square-Retry-Reason": {"HTTP_ERROR"}, "Square-Initial-Delivery-Timestamp": {now.UTC().Format(time.RFC3339)}},
	} {
		p, _ := provider.ByName(name)
		e := eventsOf(t, name)[0]
		h, _, err := p.Sign(e, k.endpoint(name), replay.Sending{Now: now, Retry: 2, First: now, Previous: replay.Attempt{Outcome: replay.Refused}})
		if err != nil {
			t.Fatal(err)
		}
		once, body, _ := p.Sign(e, k.endpoint(name), replay.Sending{Now: now})
		for sent, want := range map[*http.Header]bool{&h: true, &once: false} {
			if _, retry := provider.AttemptOf(p.Profile(), *sent, body); retry != want {
				t.Errorf("%s: read as a retry: %v, want %v", name, retry, want)
			}
		}
		for header := range want {
			if h.Get(header) != want.Get(header) || once.Get(header) != "" {
				t.Errorf("%s: %s is %q in a retry and %q in a first delivery, want %q and none", name, header, h.Get(header), once.Get(header), want.Get(header))
			}
		}
	}
}

// What is signed is what is sent: an endpoint takes a line's end for a part of the last value.
func TestTwilioSignsAllBytes(t *testing.T) {
	p, _ := provider.ByName("twilio")
	e := eventsOf(t, "twilio")[0]
	at := newKeys(t).endpoint("twilio")
	signed, _, err := p.Sign(e, at, replay.Sending{Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if e.Body = append(e.Body, '\n'); p.Verify(signed, e.Body, at, time.Now()) == nil {
		t.Error("the signature of a body without its line's end passes for one with it")
	}
}

func TestWithoutTheURL(t *testing.T) {
	for _, name := range []string{"twilio", "square"} {
		p, _ := provider.ByName(name)
		if _, _, err := p.Sign(eventsOf(t, name)[0], provider.Endpoint{Secrets: []string{"x"}}, replay.Sending{Now: time.Now()}); err == nil ||
			!strings.Contains(err.Error(), "--public-url") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPayPalCannotBeForged(t *testing.T) {
	p, _ := provider.ByName("paypal")
	e := eventsOf(t, "paypal")[0]
	if _, _, err := p.Sign(e, provider.Endpoint{Secrets: []string{"x"}}, replay.Sending{Now: time.Now()}); err == nil || !strings.Contains(err.Error(), "cannot be forged") {
		t.Errorf("signing without a certificate: %v", err)
	}
	h, body, err := p.Sign(e, provider.Endpoint{}, replay.Sending{Now: time.Now()})
	if err != nil || h.Get("Paypal-Transmission-Id") == "" || h.Get("Paypal-Transmission-Sig") != "" || string(body) != string(e.Body) {
		t.Errorf("unsigned: %v %v", h, err)
	}
}
