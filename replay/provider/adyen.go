package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// adyen is Adyen's webhooks, in JSON: standard ones, whose signature is kept in the body, and those of its platform.
type adyen struct{}

var _ Provider = adyen{}

func recognisesAdyen(header http.Header, body []byte) bool {
	return header.Get(adyenSignature) != "" || adyenPlatform(body) || gjson.GetBytes(body, "notificationItems.0.NotificationRequestItem").IsObject()
}

// adyenItems are the items of a delivery.
func adyenItems(body []byte) []gjson.Result {
	var items []gjson.Result
	gjson.GetBytes(body, "notificationItems").ForEach(func(_, v gjson.Result) bool {
		items = append(items, v.Get("NotificationRequestItem"))
		return true
	})
	return items
}

// Identify reads a delivery. Nothing in it is an event's id: the key is put together.
func (adyen) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	if _, err := object(body); err != nil {
		return replay.Event{}, err
	}
	if adyenPlatform(body) {
		return identifyPlatform(recorded, body)
	}
	items := adyenItems(body)
	if len(items) == 0 {
		return replay.Event{}, errors.New(`is no Adyen webhook: it has neither "notificationItems" nor "environment", "type" and "data"`)
	}
	var e replay.Event
	for i, item := range items {
		code, psp := text(item, "eventCode"), text(item, "pspReference")
		if code == "" || psp == "" {
			return replay.Event{}, errors.New(`is no Adyen webhook: an item has no "eventCode" or no "pspReference"`)
		}
		original := text(item, "originalReference")
		if i == 0 {
			if e.Type = code; text(item, "success") == "false" || item.Get("success").Type == gjson.False {
				e.Type += ".failed"
			}
			e.Key, e.Subject, e.Version = e.Type+"_"+psp, first(original, psp), text(item, "eventDate")
			e.Rank = ranked(code, []string{"AUTHORISATION"}, []string{"CANCELLATION", "REFUND", "CHARGEBACK"})
		}
		e.Refs = append(e.Refs, psp, original, text(item, "merchantReference"))
	}
	e.Live = gjson.GetBytes(body, "live").String() == "true"
	return eventOf("adyen", kept(recorded), body, e), nil
}

// Rename gives the payments fresh references; the key follows.
func (a adyen) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	places := append(adyenPlatformSubjects(), "data.reference", "data.transactionId")
	for i := range adyenItems(e.Body) {
		for _, field := range []string{"pspReference", "originalReference", "merchantReference"} {
			places = append(places, fmt.Sprintf("notificationItems.%d.NotificationRequestItem.%s", i, field))
		}
	}
	return reID(a, e, append([]string{e.Subject}, e.Refs...), places, fresh)
}

// Sign makes a delivery as Adyen would send it.
func (adyen) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json; charset=UTF-8"}, "User-Agent": {"Adyen HttpClient 1.0"}})
	if adyenPlatform(e.Body) {
		h.Set("Protocol", "HmacSHA256")
		body, err := adyenPlatformScheme().sign(h, e, to, s)
		return h, body, err
	}
	p, err := prepare(e, to, s, 0, wrongSecret, adyenTampered)
	if err != nil {
		return nil, nil, err
	}
	body := p.body
	for i, item := range adyenItems(e.Body) {
		mac := ""
		if !p.none {
			if mac, err = adyenMAC(p.to.Secrets[0], item); err != nil {
				return nil, nil, fmt.Errorf("sign %s: %w", e.Key, err)
			}
		}
		if item.Get("additionalData.hmacSignature").Exists() || mac != "" {
			body = setText(body, fmt.Sprintf("notificationItems.%d.NotificationRequestItem", i), "additionalData", "hmacSignature", mac)
		}
	}
	return h, body, nil
}

// adyenMAC signs eight fields of an item, and nothing else.
func adyenMAC(secret string, item gjson.Result) (string, error) {
	key, err := adyenKey(secret)
	if err != nil {
		return "", err
	}
	fields := []string{"pspReference", "originalReference", "merchantAccountCode", "merchantReference", "amount.value",
		"amount.currency", "eventCode", "success"}
	values := make([]string, len(fields))
	for i, f := range fields {
		values[i] = item.Get(f).String()
	}
	h := hmac.New(sha256.New, key)
	_, _ = h.Write([]byte(strings.Join(values, ":")))
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// adyenTampered changes the merchant's account in the first item: white space would not be noticed, as it is not signed.
func adyenTampered(body []byte) []byte {
	item := adyenItems(body)[0]
	return setText(body, "notificationItems.0", "NotificationRequestItem", "merchantAccountCode", item.Get("merchantAccountCode").String()+"X")
}

// Verify checks the signature of every item.
func (adyen) Verify(header http.Header, body []byte, at Endpoint, now time.Time) error {
	if adyenPlatform(body) {
		return adyenPlatformScheme().verify(header, body, at, now)
	}
	items := adyenItems(body)
	for _, item := range items {
		got := item.Get("additionalData.hmacSignature").String()
		if got == "" {
			return fmt.Errorf("hmacSignature: %w", ErrUnsigned)
		}
		good := false
		for _, secret := range at.Secrets {
			want, err := adyenMAC(secret, item)
			if err != nil {
				return fmt.Errorf("hmacSignature: %w: %w", ErrSignature, err)
			}
			good = good || hmac.Equal([]byte(got), []byte(want))
		}
		if !good {
			return fmt.Errorf("hmacSignature: %w", ErrSignature)
		}
	}
	if len(items) == 0 {
		return fmt.Errorf("hmacSignature: %w", ErrUnsigned)
	}
	return nil
}

// Profile returns Adyen's figures.
func (adyen) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "adyen", Patience: 10 * time.Second, Success: any2xx(),
		Retries: []time.Duration{9 * time.Second, 18 * time.Second, 27 * time.Second, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute,
			15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 8 * time.Hour},
		RetrySpan: 30 * 24 * time.Hour,
		Batch:     "notificationItems",
		Key:       "eventCode_pspReference",
		Identity: "no id is sent. key: eventCode (with .failed where success is false), _ and pspReference, of the delivery's first item; the " +
			"references of further items count for it, too. Duplicates may differ in eventDate. Platform webhooks: type, the object's id and " +
			"sequenceNumber, else timestamp",
		Order: "subject: originalReference, else pspReference: the payment. version: eventDate. Platform webhooks: the object's id, and " +
			"sequenceNumber, else timestamp",
		TieRule:     "Within one eventDate: AUTHORISATION first, CANCELLATION, REFUND and CHARGEBACK last, all others between, in no order.",
		Signing:     "additionalData.hmacSignature in each item: base64 HMAC-SHA256 with a hexadecimal key over eight of its fields; all else in the body is not signed, and there is no time. Platform webhooks: HmacSignature, over the body",
		Failure:     "queued, per endpoint: what fails holds up what comes after it. Retried for up to 30 days",
		ContentType: "application/json, notificationItems of which there is one as a rule",
	},
		[4]string{"identity", "A", "docs.adyen.com: handle webhook events", "\"eventCode and pspReference\" tell duplicates; of these, the latest counts"},
		[4]string{"patience", "A", "docs.adyen.com: troubleshoot webhooks", "10 s"},
		[4]string{"success", "A", "docs.adyen.com: handle webhook events", "2xx, 202 is recommended; older integrations answer [accepted]; a few types take 200 only"},
		[4]string{"retries", "A", "docs.adyen.com: troubleshoot webhooks", "three attempts 9, 18 and 27 s apart, then after 2, 5, 10, 15, 30 min, 1, 2, 4, 8 h, then every 8 h"},
		[4]string{"retry_span", "A", "docs.adyen.com: troubleshoot webhooks", "30 days"},
		[4]string{"signing", "A", "adyen-go-api-library hmacvalidator; @adyen/api-library 32.1.0 validateHMACSignature", "pspReference:originalReference:merchantAccountCode:merchantReference:value:currency:eventCode:success"},
		[4]string{"failure", "A", "docs.adyen.com: troubleshoot webhooks", "a queue per endpoint"},
	)
}
