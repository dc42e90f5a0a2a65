package provider_test

import (
	"net/http"
	"testing"
	"time"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// FuzzProviders takes bytes for a webhook of every provider: it is an event, which can then be renamed, signed and
// verified, or there is a reason.
func FuzzProviders(f *testing.F) {
	for _, name := range provider.Names() {
		for _, e := range eventsOf(f, name) {
			f.Add(e.Body, e.Type)
		}
	}
	for _, s := range []string{`[]`, `[{"sg_event_id":"a","event":"b"},1]`, `payload=%7B%7D`, `payload={`, `{"notificationItems":[{"NotificationRequestItem":{"eventCode":"A","pspReference":"1"}}]}`,
		`{"event-data":{"id":1,"event":"x"},"signature":7}`, `{"type":"event_callback","event":{"type":"message"}}`, `MessageSid=%zz`, "a=b&MessageSid=SM1&=&&", `"x"`, `1`} {
		f.Add([]byte(s), "x/y")
	}
	k, now := newKeys(f), time.Now()
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		if len(body) > 1<<14 {
			return
		}
		header := http.Header{"X-Shopify-Topic": {kind}, "X-Github-Event": {kind}}
		for _, name := range known(t).Names() {
			p, _ := known(t).ByName(name)
			e, err := p.Identify(header, body)
			if err != nil {
				continue
			}
			if e.Key == "" || e.Type == "" {
				t.Fatalf("%s: an event without key or type: %+v", name, e)
			}
			if got, err := p.Rename(e, fresh); err == nil {
				e = got
			}
			at := k.endpoint(name)
			h, sent, err := p.Sign(e, at, replay.Sending{Now: now})
			if err != nil {
				continue
			}
			if err := p.Verify(h, sent, at, now); err != nil {
				t.Fatalf("%s: signed and not accepted: %v\n%s", name, err, sent)
			}
		}
	})
}
