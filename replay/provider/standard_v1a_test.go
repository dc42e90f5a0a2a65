package provider_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// The public key accepts every good delivery and no bad one; so does crypto/ed25519, asked as the specification says.
func TestAsymmetricStandardWebhooks(t *testing.T) {
	for _, name := range []string{"standardwebhooks", "svix"} {
		p, _ := provider.ByName(name)
		k, err := provider.NewKeys(p)
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		public := provider.Endpoint{Secrets: []string{strings.TrimSpace(k.Public)}}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(public.Secrets[0], "whpk_"))
		if err != nil {
			t.Fatal(err)
		}
		prefix := map[string]string{"standardwebhooks": "webhook-", "svix": "svix-"}[name]
		for _, d := range deliveries(t, name, provider.Endpoint{Secrets: []string{k.Private}}, now) {
			err := p.Verify(d.header, d.body, public, now)
			want := map[replay.Signature]error{replay.SignMissing: provider.ErrUnsigned, replay.SignWrongKey: provider.ErrSignature,
				replay.SignTampered: provider.ErrSignature, replay.SignStale: provider.ErrTolerance}[d.kind]
			if !errors.Is(err, want) || (err == nil) != (want == nil) {
				t.Errorf("%s: %v, want %v", d.name, err, want)
			}
			sig, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(d.header.Get(prefix+"signature"), "v1a,"))
			text := d.header.Get(prefix+"id") + "." + d.header.Get(prefix+"timestamp") + "." + string(d.body)
			if good := d.kind == replay.SignValid || d.kind == replay.SignStale; ed25519.Verify(key, []byte(text), sig) != good {
				t.Errorf("%s: crypto/ed25519 does not say %v", d.name, good)
			}
		}
	}
}

// While an endpoint changes over, deliveries carry both kinds, and either is enough.
func TestBothKindsOfSignatures(t *testing.T) {
	p, _ := provider.ByName("standardwebhooks")
	k, err := provider.NewKeys(p)
	if err != nil {
		t.Fatal(err)
	}
	now, shared := time.Now(), keys{}.endpoint("standardwebhooks").Secrets[0]
	e := eventsOf(t, "standardwebhooks")[0]
	h, body, err := p.Sign(e, provider.Endpoint{Secrets: []string{shared, k.Private}}, replay.Sending{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, secrets := range [][]string{{shared}, {k.Public}, {"whsec_dGhpcmQ=", k.Public}, {shared, "whpk_" + base64.StdEncoding.EncodeToString(make([]byte, 32))}} {
		if err := p.Verify(h, body, provider.Endpoint{Secrets: secrets}, now); err != nil {
			t.Errorf("%q: %v", secrets, err)
		}
	}
	for _, secrets := range [][]string{{"whsec_dGhpcmQ="}, {"whpk_" + base64.StdEncoding.EncodeToString(make([]byte, 32))}, {"whpk_short"}} {
		if err := p.Verify(h, body, provider.Endpoint{Secrets: secrets}, now); !errors.Is(err, provider.ErrSignature) {
			t.Errorf("%q: %v", secrets, err)
		}
	}
	if _, _, err := p.Sign(e, provider.Endpoint{Secrets: []string{"whsk_short"}}, replay.Sending{Now: now}); err == nil || !strings.Contains(err.Error(), "--new-key") {
		t.Errorf("signed with no key: %v", err)
	}
}
