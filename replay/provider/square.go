package provider

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const squareSignature = "X-Square-Hmacsha256-Signature"

// square is Square's webhooks.
type square struct{}

var _ Provider = square{}

func recognisesSquare(header http.Header, body []byte) bool {
	f := gjson.GetManyBytes(body, "merchant_id", "event_id", "data.type")
	return header.Get(squareSignature) != "" || f[0].Exists() && f[1].Exists() && f[2].Exists()
}

// Identify reads a Square event.
func (square) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	doc, err := object(body)
	if err != nil {
		return replay.Event{}, err
	}
	id, kind := text(doc, "event_id"), text(doc, "type")
	if id == "" || kind == "" {
		return replay.Event{}, errors.New(`is no Square event: it has no "event_id" or no "type"`)
	}
	_, verb := lastPart(kind)
	about := doc.Get("data.object." + first(text(doc, "data.type"), "none"))
	return eventOf("square", kept(recorded, "Square-Environment", "Square-Version"), body, replay.Event{
		Key: id, Type: kind, Subject: text(doc, "data.id"),
		Version: first(text(about, "version"), text(about, "updated_at"), text(about, "created_at"), text(doc, "created_at")),
		Rank:    ranked(verb, []string{"created"}, []string{"deleted"}), Deletes: verb == "deleted" || doc.Get("data.deleted").Bool(),
		Refs: []string{text(about, "order_id"), text(about, "payment_id")},
	}), nil
}

// Rename gives the event and its object fresh ids.
func (q square) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	about := "data.object." + gjson.GetBytes(e.Body, "data.type").String()
	return reID(q, e, append([]string{e.Key, e.Subject}, e.Refs...), []string{"event_id", "data.id", about + ".id", about + ".order_id", about + ".payment_id"}, fresh)
}

func squareScheme() scheme {
	return scheme{Header: squareSignature, Each: "{signature}", Message: "{url}{body}", Encoding: "base64"}
}

// Sign makes a delivery as Square would send it.
func (square) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Square Connect v2"}})
	if s.Retry > 0 {
		h.Set("Square-Retry-Number", strconv.Itoa(s.Retry))
		h.Set("Square-Retry-Reason", strings.ToUpper(slackReason(s.Previous.Outcome)))
		h.Set("Square-Initial-Delivery-Timestamp", s.First.UTC().Format(time.RFC3339))
	}
	body, err := squareScheme().sign(h, e, to, s)
	return h, body, err
}

// Verify checks a Square signature.
func (square) Verify(h http.Header, body []byte, at Endpoint, now time.Time) error {
	return squareScheme().verify(h, body, at, now)
}

// Profile returns Square's figures.
func (square) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "square", Patience: 10 * time.Second, Success: any2xx(),
		Retries: []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 32 * time.Minute,
			time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 8 * time.Hour},
		RetrySpan:   24 * time.Hour,
		Key:         "event_id",
		Identity:    "key: event_id in the body, the same in all retries",
		Order:       "subject: data.id. version: the object's version, else its updated_at, else created_at",
		TieRule:     "Within one version: *.created first, *.deleted last, all others between, in no order.",
		Signing:     "x-square-hmacsha256-signature: base64 HMAC-SHA256 of the notification URL and the body (--public-url); no time",
		RetryHeader: "Square-Retry-Number",
		Redelivery:  "square-retry-number, square-retry-reason, square-initial-delivery-timestamp",
		Failure:     "retried; the subscription is disabled after three weeks of failures",
		ContentType: "application/json",
	},
		[4]string{"identity", "B", "developer.squareup.com: webhooks overview", "event_id is for duplicate detection"},
		[4]string{"patience", "B", "developer.squareup.com, older version", "10 s; the present text says \"as soon as possible\""},
		[4]string{"success", "B", "developer.squareup.com: webhooks overview", "2xx; a redirect is a failure"},
		[4]string{"retries", "C", "developer.squareup.com: webhooks overview", "up to 24 hours, in 11 attempts as secondary sources say; the waits are an approximation. Older documentation: 72 hours, 1, 2, 4 ... 32 min, then hourly"},
		[4]string{"retry_span", "B", "developer.squareup.com: webhooks overview", "24 hours after the event"},
		[4]string{"signing", "A", "square-nodejs-sdk WebhooksHelper", "URL and body without anything between"},
		[4]string{"redelivery", "C", "developer.squareup.com: webhooks overview", "the reasons' exact spelling is not verified"},
		[4]string{"failure", "B", "developer.squareup.com: webhooks overview", "an e-mail is sent before the subscription is disabled"},
	)
}
