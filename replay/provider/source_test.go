package provider_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// An event of another source has the id it is given, speaks of the same subject, and is signed as any other.
func TestFromSource(t *testing.T) {
	sourced := map[string]bool{"stripe": true, "shopify": true, "slack": true, "twilio": true, "github": true, "square": true}
	k, now := newKeys(t), time.Now()
	for _, name := range provider.Names() {
		p, _ := provider.ByName(name)
		events := eventsOf(t, name)
		id, tried := events[0].Key, 0
		for _, e := range events[1:] {
			if e.Key == id {
				continue
			}
			got, err := provider.FromSource(p, e, id)
			if errors.Is(err, replay.ErrNoSource) != !sourced[name] || err != nil && sourced[name] {
				t.Fatalf("%s: %s: %v", name, e.Key, err)
			}
			if err != nil {
				continue
			}
			tried++
			if got.ProviderID() != id || got.Source == "" || got.Key == id || got.Subject != e.Subject || got.Type != e.Type || got.OriginalKey == "" {
				t.Errorf("%s: %+v", name, got)
			}
			if bytes.Equal(got.Body, e.Body) && got.Header.Get("X-Shopify-Shop-Domain") == "" && got.Header.Get("X-Github-Delivery") == "" {
				t.Errorf("%s: the same bytes", name)
			}
			if seen, err := provider.WithSource(p, got.Header, got.Body); err != nil || seen.Key != got.Key || seen.ProviderID() != id {
				t.Errorf("%s: an endpoint reads %s as %s of %s: %v", name, got.Key, seen.Key, seen.Source, err)
			}
			h, body, err := p.Sign(got, k.endpoint(name), replay.Sending{Now: now})
			if err == nil {
				err = p.Verify(h, body, k.endpoint(name), now)
			}
			if err != nil {
				t.Errorf("%s: signed: %v", name, err)
			}
		}
		if sourced[name] && tried == 0 {
			t.Errorf("%s: nothing tried", name)
		}
	}
}

// A delivery with another id of its own says another one than all others, which say the same; the event stays the same.
func TestAttemptIDs(t *testing.T) {
	k, now := newKeys(t), time.Now()
	for _, name := range provider.Names() {
		p, _ := provider.ByName(name)
		for _, e := range eventsOf(t, name)[:1] {
			ids := map[string]string{} // by the attempt
			sent := func(s replay.Sending) string {
				s.Now = now
				h, body, err := p.Sign(e, k.endpoint(name), s)
				if err != nil {
					t.Fatal(name, err)
				}
				again, err := p.Identify(h, body)
				if err != nil || again.Key != e.Key {
					t.Errorf("%s: the key became %q; %v", name, again.Key, err)
				}
				if err := p.Verify(h, body, k.endpoint(name), now); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				ids[s.Attempt], _ = provider.AttemptOf(p.Profile(), h, body)
				for _, volatile := range []string{"Paypal-Transmission-Sig", "X-Twilio-Email-Event-Webhook-Signature"} {
					h.Del(volatile) // made with something random
				}
				return string(body) + h.Get("Paypal-Transmission-Id") + h.Get("X-Shopify-Webhook-Id")
			}
			first, copied := sent(replay.Sending{Attempt: "attempt-1"}), sent(replay.Sending{Attempt: "attempt-1"})
			other := sent(replay.Sending{Attempt: "attempt-2", Anew: true})
			if has := p.Profile().AttemptID != ""; first != copied || (first != other) != has {
				t.Errorf("%s, has ids of attempts: %v\n%.200s\n%.200s\n%.200s", name, has, first, copied, other)
			} else if one, two := ids["attempt-1"], ids["attempt-2"]; (one != "") != has || (one != two) != has {
				t.Errorf("%s, has ids of attempts: %v, and they are read as %q and %q", name, has, one, two)
			}
		}
	}
}
