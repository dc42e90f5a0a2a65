package provider

import (
	"encoding/hex"
	"errors"
	"net/http"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const (
	paddleSignature = "Paddle-Signature"
	paddleTolerance = 5 * time.Second
)

// paddle is Paddle Billing's notifications.
type paddle struct{}

var _ Provider = paddle{}

func recognisesPaddle(header http.Header, body []byte) bool {
	f := gjson.GetManyBytes(body, "event_id", "event_type", "occurred_at", "data")
	return header.Get(paddleSignature) != "" || f[0].Exists() && f[1].Exists() && f[2].Exists() && f[3].IsObject()
}

// Identify reads a Paddle notification.
func (paddle) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	doc, err := object(body)
	if err != nil {
		return replay.Event{}, err
	}
	id, kind := text(doc, "event_id"), text(doc, "event_type")
	if id == "" || kind == "" {
		return replay.Event{}, errors.New(`is no Paddle notification: it has no "event_id" or no "event_type"`)
	}
	_, verb := lastPart(kind)
	return eventOf("paddle", kept(recorded), body, replay.Event{
		Key: id, Type: kind, Subject: text(doc, "data.id"), Version: text(doc, "occurred_at"),
		Rank: ranked(verb, []string{"created"}, []string{"canceled", "completed"}),
		Refs: []string{text(doc, "notification_id"), text(doc, "data.invoice_id"), text(doc, "data.transaction_id"), text(doc, "data.subscription_id")},
	}), nil
}

// Rename gives the event, its notification and its object fresh ids.
func (p paddle) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	return reID(p, e, append([]string{e.Key, e.Subject}, e.Refs...), []string{"event_id", "notification_id", "data.id", "data.invoice_id",
		"data.transaction_id", "data.subscription_id"}, fresh)
}

func paddleScheme() scheme {
	return scheme{Header: paddleSignature, Lead: "ts={timestamp}", Each: "h1={signature}", Sep: ";", Message: "{timestamp}:{body}",
		Tolerance: paddleTolerance}
}

// Sign makes a delivery as Paddle would send it.
func (paddle) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json"}, "User-Agent": {"Paddle"}})
	if f := gjson.GetBytes(e.Body, "notification_id"); s.Anew && f.Exists() { // replayed by hand
		sum := made("paddle "+s.Attempt+e.Key, nil)
		e.Body = splice(e.Body, f.Index, f.Index+len(f.Raw), quoted("ntf_"+hex.EncodeToString(sum[:13])))
	}
	body, err := paddleScheme().sign(h, e, to, s)
	return h, body, err
}

// Verify checks a Paddle signature, with the tolerance of Paddle's Node SDK.
func (paddle) Verify(h http.Header, body []byte, at Endpoint, now time.Time) error {
	return paddleScheme().verify(h, body, at, now)
}

// Profile returns Paddle's figures.
func (paddle) Profile() replay.Profile {
	retries := []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second,
		320 * time.Second, 640 * time.Second, 1280 * time.Second}
	for range 52 {
		retries = append(retries, 78*time.Minute)
	}
	return sourced(replay.Profile{
		Name: "paddle", Patience: 5 * time.Second, Success: []replay.StatusRange{{From: 200, To: 200}}, Tolerance: paddleTolerance,
		Retries: retries, RetrySpan: 72 * time.Hour,
		AttemptID: "notification_id", AttemptKept: true,
		Key:         "event_id",
		Identity:    "key: event_id (evt_) in the body. notification_id (ntf_) is that of the notification to one destination; a replay by hand gets a new one",
		Order:       "subject: data.id. version: occurred_at (\"store and check occurred_at\"); the order of delivery is not guaranteed",
		TieRule:     "Within one occurred_at: *.created first, *.canceled and *.completed last, all others between, in no order.",
		Signing:     "Paddle-Signature: ts=TIME;h1=HEX, HMAC-SHA256 of TIME:BODY; several h1 while a secret is exchanged",
		Failure:     "retried; after the last attempt the notification is marked failed and can be replayed by hand",
		ContentType: "application/json",
	},
		[4]string{"identity", "B", "developer.paddle.com: webhooks overview", "event_id is the same for all destinations of one event"},
		[4]string{"patience", "B", "developer.paddle.com: respond to webhooks", "5 s"},
		[4]string{"success", "B", "developer.paddle.com: respond to webhooks", "200"},
		[4]string{"retries", "C", "developer.paddle.com: handle webhook delivery", "60 in 3 days with exponential back-off in live mode; the waits are an approximation. In the sandbox 3 in 15 minutes"},
		[4]string{"retry_span", "B", "developer.paddle.com: handle webhook delivery", "3 days"},
		[4]string{"tolerance", "A", "paddle-node-sdk", "5 seconds in the Node SDK; the Go SDK has none"},
		[4]string{"signing", "A", "paddle-go-sdk webhook_verifier.go", "any h1 may match"},
		[4]string{"failure", "B", "developer.paddle.com: handle webhook delivery", "the destination stays active"},
	)
}
