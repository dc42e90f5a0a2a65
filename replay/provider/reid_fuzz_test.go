package provider

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzReID lets every provider read a body of anything, and re-id what it takes for an event.
func FuzzReID(f *testing.F) {
	for _, s := range []string{
		`{"id":"evt_1A2b","object":"event","type":"invoice.paid","created":1,"data":{"object":{"id":"in_1A2b","object":"invoice"}}}`,
		`{"action":"opened","issue":{"id":1,"updated_at":"2026-01-01T00:00:00Z"},"sender":{"id":1},"repository":{"id":2}}`,
		"MessageSid=SM1&MessageStatus=sent&AccountSid=AC1", "payload=%7B%22type%22%3A%22block_actions%22%2C%22trigger_id%22%3A%221.2%22%7D",
		`{"type":"event_callback","event_id":"Ev1","event_time":1,"team_id":"T1","event":{"type":"message","ts":"1.2","channel":"C1"}}`,
		`[{"sg_event_id":"a","sg_message_id":"b","event":"open","timestamp":1,"email":"a@example.com"}]`,
		`{"live":"false","notificationItems":[{"NotificationRequestItem":{"eventCode":"AUTHORISATION","pspReference":"1","success":"true","eventDate":"2026-01-01T00:00:00Z"}}]}`,
		`{"signature":{"token":"t","timestamp":"1","signature":"s"},"event-data":{"id":"x","event":"opened","timestamp":1.5}}`,
		`{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED","create_time":"2026-01-01T00:00:00Z","resource":{"id":"1"}}`,
		`{"event_id":"evt_1","event_type":"transaction.paid","occurred_at":"2026-01-01T00:00:00Z","notification_id":"ntf_1","data":{"id":"txn_1"}}`,
		`{"event_id":"e","merchant_id":"m","type":"payment.updated","created_at":"x","data":{"type":"payment","id":"p","object":{}}}`,
		`{"id":6722181529774,"admin_graphql_api_id":"gid://shopify/Order/6722181529774","updated_at":"2026-01-01"}`, `[[[`, `{"a":`,
	} {
		f.Add(uint8(len(s)), "application/json", []byte(s))
		f.Add(uint8(len(s)+1), "application/x-www-form-urlencoded", []byte(s))
	}
	names := Names()
	f.Fuzz(func(t *testing.T, which uint8, contentType string, body []byte) {
		header := http.Header{"Content-Type": {contentType}, "X-Github-Event": {"issues"}, "X-Shopify-Topic": {"orders/create"}, "Webhook-Id": {"msg_1"}}
		Detect(header, body)
		p, err := ByName(names[int(which)%len(names)])
		if err != nil {
			t.Fatal(err)
		}
		e, err := p.Identify(header, body)
		if err != nil {
			return
		}
		if e.Key == "" || e.Type == "" || len(e.Refs) > len(body) {
			t.Errorf("event %+v", e)
		}
		got, err := p.Rename(e, func(old string) string {
			if strings.Trim(old, "0123456789") == "" {
				return old + "9"
			}
			return old + "Z9"
		})
		if err == nil && (got.Key == "" || len(got.Body) > 8*len(body)+1024) {
			t.Errorf("%d bytes became %d; key %q", len(body), len(got.Body), got.Key)
		}
		if err == nil && utf8.Valid(body) && !utf8.Valid(got.Body) {
			t.Errorf("%q became %q", body, got.Body)
		}
	})
}
