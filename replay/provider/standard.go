package provider

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const standardTolerance = 5 * time.Minute

// standard is the Standard Webhooks specification, and Svix, which it comes from: the headers differ.
type standard struct{ name, prefix string }

var _ Provider = standard{}

func standardWebhooks() standard { return standard{"standardwebhooks", "Webhook-"} }
func svix() standard             { return standard{"svix", "Svix-"} }

func (w standard) recognises(header http.Header, body []byte) bool {
	if header.Get(w.prefix+"Id") != "" || header.Get(w.prefix+"Signature") != "" {
		return true
	}
	f := gjson.GetManyBytes(body, "type", "timestamp", "data")
	return w.prefix == "Webhook-" && f[0].Type == gjson.String && f[1].Type == gjson.String && f[2].IsObject()
}

// Identify reads a webhook. The specification recommends {type, timestamp, data} and demands no form.
func (w standard) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	doc, err := object(body)
	if err != nil {
		return replay.Event{}, err
	}
	h := kept(recorded, w.prefix+"Id")
	setMissing(h, w.prefix+"Id", "msg_"+madeUpper(w.name, body, 27))
	kind := first(text(doc, "type", "eventType", "event_type", "event"), "message")
	_, verb := lastPart(kind)
	return eventOf(w.name, h, body, replay.Event{
		Key: h.Get(w.prefix + "Id"), Type: kind, Subject: text(doc, "data.id", "data.object.id"),
		Version: text(doc, "timestamp", "data.updated_at", "data.updatedAt", "data.created_at"),
		Rank:    ranked(verb, []string{"created"}, []string{"deleted"}), Deletes: verb == "deleted",
		Refs: []string{text(doc, "id")},
	}), nil
}

// Rename gives the message and its object fresh ids.
func (w standard) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	return reID(w, e, append([]string{e.Key, e.Subject}, e.Refs...), []string{inHeader + w.prefix + "Id", "id", "data.id", "data.object.id"}, fresh)
}

func (w standard) scheme() scheme {
	return scheme{Header: w.prefix + "Signature", Each: "v1,{signature}", Sep: " ", Message: "{id}.{timestamp}.{body}",
		TimeHeader: w.prefix + "Timestamp", IDHeader: w.prefix + "Id", Encoding: "base64", Key: standardKey, Tolerance: standardTolerance}
}

func standardKey(secret string) ([]byte, error) {
	text, _ := strings.CutPrefix(secret, "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) == 0 {
		return nil, errors.New("the secret is not whsec_ and base64, as secrets of Standard Webhooks are")
	}
	return key, nil
}

// Sign makes a delivery as the specification says.
func (w standard) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Svix-Webhooks/1.44.0"}})
	if slices.ContainsFunc(to.Secrets, asymmetric) {
		body, err := w.signBoth(h, e, to, s)
		return h, body, err
	}
	body, err := w.scheme().sign(h, e, to, s)
	return h, body, err
}

// Verify checks a signature.
func (w standard) Verify(h http.Header, body []byte, at Endpoint, now time.Time) error {
	keys := slices.DeleteFunc(slices.Clone(at.Secrets), func(s string) bool { return !asymmetric(s) })
	if len(keys) == 0 {
		return w.scheme().verify(h, body, at, now)
	}
	err := w.verifyAsymmetric(h, body, keys, now)
	if len(keys) < len(at.Secrets) && err != nil { // either kind will do
		return w.scheme().verify(h, body, at.with(slices.DeleteFunc(slices.Clone(at.Secrets), asymmetric)), now)
	}
	return err
}

// Profile returns the figures of the specification, or of Svix's server.
func (w standard) Profile() replay.Profile {
	p := replay.Profile{
		Name: w.name, Patience: 30 * time.Second, Success: any2xx(), Tolerance: standardTolerance,
		Retries: []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
			10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour},
		RetrySpan: 75*time.Hour + 35*time.Minute + 5*time.Second,
		Key:       strings.ToLower(w.prefix) + "id",
		Identity:  "key: the " + strings.ToLower(w.prefix) + "id header, the same in all retries",
		Order:     "subject: data.id. version: timestamp in the body (not the header, which is the attempt's), else data.updated_at",
		TieRule:   "Within one timestamp: *.created first, *.deleted last, all others between, in no order.",
		Signing: strings.ToLower(w.prefix) + "signature: v1, and the base64 HMAC-SHA256 of ID.TIME.BODY, one per secret with blanks between; the key is the base64 " +
			"after whsec_. With a secret whsk_..., v1a: the base64 of an ed25519 signature (hookonce providers standardwebhooks --new-key)",
		GiveUp:      []replay.StatusRange{{From: 410, To: 410}},
		Failure:     "retried; 410 disables the endpoint; 429, 502 and 504 slow deliveries down; Retry-After is heeded",
		ContentType: "application/json",
	}
	const spec, server = "standard-webhooks spec", "svix-server config.default.toml"
	figures := [][4]string{
		{"identity", "A", spec, "\"the unique webhook identifier\"; \"should remain the same\" when a webhook is resent"},
		{"patience", "A", spec, "15 to 30 s are recommended"},
		{"success", "A", spec, "2xx; 3xx is a failure"},
		{"retries", "A", spec, "at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h"},
		{"retry_span", "A", spec, "the sum of these: 75 h 35 min 5 s"},
		{"tolerance", "A", "standardwebhooks v0.0.1 webhook.go", "5 minutes, before and after"},
		{"signing", "A", "standardwebhooks v0.0.1 webhook.go", "every signature in the list counts"},
		{"failure", "A", spec, "410 Gone: the consumer does not want webhooks any more"},
	}
	if w.prefix == "Svix-" {
		p.Retries = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour}
		p.RetrySpan = 27*time.Hour + 35*time.Minute + 5*time.Second
		figures[1] = [4]string{"patience", "A", server, "30 s"}
		figures[3] = [4]string{"retries", "A", server, "5, 300, 1800, 7200, 18000, 36000, 36000 s"}
		figures[4] = [4]string{"retry_span", "A", server, "the sum of these: 27 h 35 min 5 s"}
		figures[5][2], figures[6][2] = "svix-webhooks v1.44.0 webhook.go", "svix-webhooks v1.44.0 webhook.go"
	}
	return sourced(p, figures...)
}
