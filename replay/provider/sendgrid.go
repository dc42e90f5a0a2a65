package provider

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const (
	sendgridSignature = "X-Twilio-Email-Event-Webhook-Signature"
	sendgridTime      = "X-Twilio-Email-Event-Webhook-Timestamp"
)

// sendgrid is SendGrid's Event Webhook, whose deliveries are batches.
type sendgrid struct{}

var _ Provider = sendgrid{}

func recognisesSendGrid(header http.Header, body []byte) bool {
	if header.Get(sendgridSignature) != "" {
		return true
	}
	return gjson.GetBytes(body, "0.sg_event_id").Exists()
}

// Identify reads a batch: it is one event, whose key is that of its first item.
func (sendgrid) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	if !ValidJSON(body) {
		return replay.Event{}, errors.New("is not JSON")
	}
	items := gjson.ParseBytes(body)
	if !items.IsArray() || len(items.Array()) == 0 {
		return replay.Event{}, errors.New("is no SendGrid delivery: it is not a list of events")
	}
	e := replay.Event{}
	for i, item := range items.Array() {
		id, kind := text(item, "sg_event_id"), text(item, "event")
		if id == "" || kind == "" {
			return replay.Event{}, fmt.Errorf(`is no SendGrid delivery: item %d has no "sg_event_id" or no "event"`, i+1)
		}
		message := text(item, "sg_message_id", "smtp-id")
		if i == 0 {
			e = replay.Event{Key: id, Type: kind, Subject: message, Version: text(item, "timestamp"), Rank: sendgridRank(kind)}
			continue
		}
		if e.Refs = append(e.Refs, id, message); kind != e.Type {
			e.Type = "batch"
		}
		if message != e.Subject {
			e.Subject, e.Version, e.Rank = "", "", 0 // items of several messages have no order among them
			e.Refs = append(e.Refs, text(items, "0.sg_message_id", "0.smtp-id"))
		}
		if e.Subject != "" && replay.CompareVersions(text(item, "timestamp"), e.Version) > 0 {
			e.Version = text(item, "timestamp")
		}
	}
	return eventOf("sendgrid", kept(recorded), body, e), nil
}

func sendgridRank(kind string) int {
	return ranked(kind, []string{"processed"}, []string{"dropped", "bounce"})
}

// Rename gives every item and every message of the batch fresh ids.
func (g sendgrid) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	var places []string
	for i := range gjson.ParseBytes(e.Body).Array() {
		for _, field := range []string{".sg_event_id", ".sg_message_id", ".smtp-id"} {
			places = append(places, strconv.Itoa(i)+field)
		}
	}
	return reID(g, e, append([]string{e.Key, e.Subject}, e.Refs...), places, fresh)
}

// Sign makes a delivery as SendGrid would send it, signed with a key of the user's.
func (sendgrid) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"SendGrid Event API"}})
	p, err := prepare(e, to, s, 0, func(s string) string { return s }, tampered)
	if err != nil || p.none {
		return h, p.body, err
	}
	key, err := privateKey(p.to.Secrets[0])
	if err != nil {
		return nil, nil, fmt.Errorf("sign %s: %w", e.Key, err)
	}
	seconds := strconv.FormatInt(p.at.Unix(), 10)
	sig, err := key.Sign(rand.Reader, sendgridDigest(otherText(s.Signature)+seconds, e.Body), crypto.SHA256)
	if err != nil {
		return nil, nil, fmt.Errorf("sign %s: %w", e.Key, err)
	}
	h.Set(sendgridTime, seconds)
	h.Set(sendgridSignature, base64.StdEncoding.EncodeToString(sig))
	return h, p.body, nil
}

// otherText makes a signature of a private key fit nothing, as one made with another key would.
func otherText(kind replay.Signature) string {
	if kind == replay.SignWrongKey {
		return "another key "
	}
	return ""
}

func sendgridDigest(seconds string, body []byte) []byte {
	h := sha256.New()
	_, _ = h.Write([]byte(seconds))
	_, _ = h.Write(body)
	return h.Sum(nil)
}

// Verify checks a SendGrid signature. The endpoint's secret is the private key of the pair.
func (sendgrid) Verify(h http.Header, body []byte, at Endpoint, _ time.Time) error {
	sig, err := base64.StdEncoding.DecodeString(h.Get(sendgridSignature))
	if err != nil || len(sig) == 0 || h.Get(sendgridTime) == "" {
		return fmt.Errorf("%s: %w", sendgridSignature, ErrUnsigned)
	}
	for _, secret := range at.Secrets {
		key, err := privateKey(secret)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", sendgridSignature, ErrSignature, err)
		}
		public, ok := key.Public().(*ecdsa.PublicKey)
		if ok && ecdsa.VerifyASN1(public, sendgridDigest(h.Get(sendgridTime), body), sig) {
			return nil
		}
	}
	return fmt.Errorf("%s: %w", sendgridSignature, ErrSignature)
}

// Profile returns SendGrid's figures.
func (sendgrid) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "sendgrid", Patience: 10 * time.Second, Success: any2xx(),
		Retries: []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
			8 * time.Hour, 8 * time.Hour},
		RetrySpan: 24 * time.Hour,
		Batch:     "@this",
		Key:       "sg_event_id",
		Identity: "key: sg_event_id of the batch's first item. A batch is one delivery, acknowledged and redelivered as a whole; the ids " +
			"of its other items count for it, too",
		Order:   "subject: sg_message_id, where all items have the same. version: timestamp in seconds, the latest of the items",
		TieRule: "Within one second: processed first, dropped and bounce last, all others between, in no order.",
		Signing: strings.ToLower(sendgridSignature) + ": base64 ECDSA (P-256, SHA-256, DER) of TIME and BODY, with a private key that SendGrid " +
			"keeps: sign with a pair of your own (hookonce providers sendgrid --new-key) and give the endpoint its public key",
		Failure:     "retried until 24 hours after the event, then dropped. (Inbound Parse, another product, drops on 4xx)",
		ContentType: "application/json, a list of events",
	},
		[4]string{"identity", "A", "sendgrid/docs event webhook reference; sendgrid/docs#2933", "sg_event_id is unique per item; duplicates are common. What a batch's key is was declared by hookonce"},
		[4]string{"patience", "C", "not published", "10 s is an assumption"},
		[4]string{"success", "A", "sendgrid/docs troubleshooting.md", "2xx"},
		[4]string{"retries", "C", "sendgrid/docs troubleshooting.md", "\"at increasing intervals\", which are not published: these waits are an assumption"},
		[4]string{"retry_span", "A", "sendgrid/docs troubleshooting.md", "24 hours after the event"},
		[4]string{"signing", "A", "sendgrid-go helpers/eventwebhook", "no tolerance of the time is documented"},
		[4]string{"failure", "A", "sendgrid/docs troubleshooting.md", "what is not delivered in time is lost"},
	)
}
