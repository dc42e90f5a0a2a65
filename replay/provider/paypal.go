package provider

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const (
	paypalSignature = "Paypal-Transmission-Sig"
	paypalID        = "Paypal-Transmission-Id"
	paypalTime      = "Paypal-Transmission-Time"
	paypalCert      = "Paypal-Cert-Url"
)

// paypal is PayPal's webhooks. Nobody but PayPal can make a signature its verification accepts.
type paypal struct{}

var _ Provider = paypal{}

func recognisesPayPal(header http.Header, body []byte) bool {
	f := gjson.GetManyBytes(body, "event_type", "resource", "create_time")
	return header.Get(paypalSignature) != "" || f[0].Exists() && f[1].IsObject() && f[2].Exists()
}

// Identify reads a PayPal event.
func (paypal) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	doc, err := object(body)
	if err != nil {
		return replay.Event{}, err
	}
	id, kind := text(doc, "id"), text(doc, "event_type")
	if id == "" || kind == "" {
		return replay.Event{}, errors.New(`is no PayPal event: it has no "id" or no "event_type"`)
	}
	_, verb := lastPart(kind)
	return eventOf("paypal", kept(recorded), body, replay.Event{
		Key: id, Type: kind, Subject: text(doc, "resource.id", "resource.billing_agreement_id"),
		Version: text(doc, "resource.update_time", "create_time"),
		Rank:    ranked(verb, []string{"CREATED"}, []string{"COMPLETED", "CANCELLED", "REFUNDED", "VOIDED"}),
		Refs:    []string{text(doc, "resource.parent_payment"), text(doc, "resource.invoice_id"), text(doc, "resource.custom_id")},
	}), nil
}

// Rename gives the event and its resource fresh ids.
func (p paypal) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	return reID(p, e, append([]string{e.Key, e.Subject}, e.Refs...), []string{"id", "resource.id", "resource.billing_agreement_id",
		"resource.parent_payment", "resource.invoice_id", "resource.custom_id"}, fresh)
}

// Sign makes a delivery in PayPal's form, signed with a key of the user's.
func (paypal) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"PayPal/AUHR-1.0"}})
	when := s.Now.UTC().Format(time.RFC3339)
	// A transmission is one attempt: its id is new each time.
	h.Set(paypalID, madeUUID("paypal "+first(s.Attempt, s.Now.Format(time.RFC3339Nano))+e.Key, nil))
	h.Set(paypalTime, when)
	p, err := prepare(e, to, s, 0, func(s string) string { return s }, tampered)
	if err != nil || p.none {
		return h, p.body, err
	}
	if to.CertURL == "" || to.WebhookID == "" {
		return nil, nil, fmt.Errorf("sign %s: PayPal's signature cannot be forged: run without a secret against an endpoint whose verification is off, "+
			"or give --cert-url (where the endpoint fetches your own certificate) and --webhook-id", e.Key)
	}
	key, err := privateKey(p.to.Secrets[0])
	if err != nil {
		return nil, nil, fmt.Errorf("sign %s: %w", e.Key, err)
	}
	digest := paypalDigest(otherText(s.Signature)+h.Get(paypalID), when, to.WebhookID, e.Body)
	sig, err := key.Sign(rand.Reader, digest, crypto.SHA256)
	if err != nil {
		return nil, nil, fmt.Errorf("sign %s: %w", e.Key, err)
	}
	h.Set("Paypal-Auth-Algo", "SHA256withRSA")
	h.Set(paypalCert, to.CertURL)
	h.Set(paypalSignature, base64.StdEncoding.EncodeToString(sig))
	return h, p.body, nil
}

func paypalDigest(id, when, webhook string, body []byte) []byte {
	sum := sha256.Sum256([]byte(strings.Join([]string{id, when, webhook, fmt.Sprint(crc32.ChecksumIEEE(body))}, "|")))
	return sum[:]
}

// Verify checks a signature made with the user's key; the endpoint's secret is the private key of the pair.
func (paypal) Verify(h http.Header, body []byte, at Endpoint, _ time.Time) error {
	sig, err := base64.StdEncoding.DecodeString(h.Get(paypalSignature))
	if err != nil || len(sig) == 0 || h.Get(paypalID) == "" {
		return fmt.Errorf("%s: %w", paypalSignature, ErrUnsigned)
	}
	for _, secret := range at.Secrets {
		key, err := privateKey(secret)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", paypalSignature, ErrSignature, err)
		}
		public, ok := key.Public().(*rsa.PublicKey)
		digest := paypalDigest(h.Get(paypalID), h.Get(paypalTime), at.WebhookID, body)
		if ok && rsa.VerifyPKCS1v15(public, crypto.SHA256, digest, sig) == nil {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", paypalSignature, ErrSignature)
}

// Profile returns PayPal's figures.
func (paypal) Profile() replay.Profile {
	retries := make([]time.Duration, 25)
	for i := range retries {
		retries[i] = min(time.Minute<<min(i, 10), 210*time.Minute)
	}
	return sourced(replay.Profile{
		Name: "paypal", Patience: 30 * time.Second, Success: any2xx(), Retries: retries, RetrySpan: 72 * time.Hour,
		AttemptID: "PAYPAL-TRANSMISSION-ID",
		Key:       "id",
		Identity:  "key: id (WH-...) in the body, the same in all transmissions. PAYPAL-TRANSMISSION-ID is that of one attempt",
		Order:     "subject: resource.id. version: resource.update_time, else create_time",
		TieRule:   "Within one version: *.CREATED first, *.COMPLETED, *.CANCELLED, *.REFUNDED and *.VOIDED last, all others between, in no order.",
		Signing: "cannot be forged: PAYPAL-TRANSMISSION-SIG is RSA-SHA256 with PayPal's key, over TRANSMISSION_ID|TIME|WEBHOOK_ID|CRC32(BODY). What is possible: " +
			"no secret and an endpoint whose verification is off, or your own certificate (hookonce providers paypal --new-key) at --cert-url, with " +
			"--webhook-id. The postback to PayPal's API always fails",
		Failure:     "retried up to 25 times within 3 days, then marked failed; can be resent by hand",
		ContentType: "application/json",
	},
		[4]string{"identity", "B", "developer.paypal.com: webhooks", "an event keeps its id; PayPal's simulator uses fixed ids"},
		[4]string{"patience", "C", "not published", "30 s is an assumption"},
		[4]string{"success", "B", "developer.paypal.com: webhooks", "2xx"},
		[4]string{"retries", "C", "developer.paypal.com: webhooks", "up to 25 times over 3 days; the waits are not published, these are an approximation"},
		[4]string{"retry_span", "B", "developer.paypal.com: webhooks", "3 days"},
		[4]string{"signing", "B", "developer.paypal.com: verify webhook messages", "the certificate's host must be checked by the endpoint"},
		[4]string{"failure", "B", "developer.paypal.com: webhooks", "the webhook stays active"},
	)
}
