package provider

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// mailgun is Mailgun's event webhooks, and the messages that its routes forward. The signature is kept in the body, and does not cover it.
type mailgun struct{}

var _ Provider = mailgun{}

func recognisesMailgun(_ http.Header, body []byte) bool {
	f := gjson.GetManyBytes(body, "event-data.event", "event-data.id")
	if f[0].Exists() && f[1].Exists() {
		return true
	}
	_, routed := mailgunForm(body)
	return routed
}

// Identify reads a Mailgun event.
func (mailgun) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	if v, routed := mailgunForm(body); routed {
		return identifyRouted(recorded, body, v)
	}
	doc, err := object(body)
	if err != nil {
		return replay.Event{}, err
	}
	data := doc.Get("event-data")
	id, kind := text(data, "id"), text(data, "event")
	if id == "" || kind == "" {
		return replay.Event{}, errors.New(`is no Mailgun event: it has no "event-data" with "id" and "event"`)
	}
	if kind == "failed" && text(data, "severity") != "" {
		kind += "." + text(data, "severity")
	}
	return eventOf("mailgun", kept(recorded), body, replay.Event{
		Key: id, Type: kind, Subject: text(data, "message.headers.message-id"), Version: text(data, "timestamp"),
		Rank: ranked(kind, []string{"accepted"}, []string{"failed.permanent", "rejected"}),
	}), nil
}

// Rename gives the event and the message fresh ids.
func (m mailgun) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	return reID(m, e, []string{e.Key, e.Subject}, []string{"event-data.id", "event-data.message.headers.message-id"}, fresh)
}

// Sign makes a delivery as Mailgun would send it, with a new token each time.
func (mailgun) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	content := "application/json"
	_, routed := mailgunForm(e.Body)
	if routed {
		content = formContent
	}
	h := headersOf(e.Header, http.Header{"Content-Type": {content}, "User-Agent": {"mailgun/treq-20.4.1"}})
	p, err := prepare(e, to, s, 0, wrongSecret, func(b []byte) []byte { return b })
	if err != nil {
		return nil, nil, err
	}
	switch {
	case p.none && routed:
		return h, withFields(e.Body, "signature", ""), nil
	case p.none:
		if gjson.GetBytes(e.Body, "signature.signature").Exists() {
			return h, setText(e.Body, "", "signature", "signature", ""), nil
		}
		return h, e.Body, nil
	}
	seconds := strconv.FormatInt(p.at.Unix(), 10)
	sum := made("mailgun "+first(s.Attempt, s.Now.Format(time.RFC3339Nano))+e.Key, nil)
	token := hex.EncodeToString(sum[:])[:50]
	mac := mailgunMAC(p.to.Secrets[0], seconds, token)
	if s.Signature == replay.SignTampered { // only these fields are signed
		token = "0" + token[1:49] + "x"
	}
	if routed {
		return h, withFields(e.Body, "timestamp", seconds, "token", token, "signature", mac), nil
	}
	body := setText(e.Body, "", "signature", "timestamp", seconds)
	body = setText(body, "", "signature", "token", token)
	return h, setText(body, "", "signature", "signature", mac), nil
}

func mailgunMAC(secret, seconds, token string) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write([]byte(seconds + token))
	return hex.EncodeToString(h.Sum(nil))
}

// Verify checks a Mailgun signature, which says nothing about the event.
func (mailgun) Verify(_ http.Header, body []byte, at Endpoint, _ time.Time) error {
	f := gjson.GetManyBytes(body, "signature.signature", "signature.timestamp", "signature.token")
	signature, seconds, token := f[0].String(), f[1].String(), f[2].String()
	if v, routed := mailgunForm(body); routed {
		signature, seconds, token = v.Get("signature"), v.Get("timestamp"), v.Get("token")
	}
	if signature == "" || seconds == "" || token == "" {
		return fmt.Errorf("signature: %w", ErrUnsigned)
	}
	for _, secret := range at.Secrets {
		if hmac.Equal([]byte(signature), []byte(mailgunMAC(secret, seconds, token))) {
			return nil
		}
	}
	return fmt.Errorf("signature: %w", ErrSignature)
}

// Profile returns Mailgun's figures.
func (mailgun) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "mailgun", Patience: 10 * time.Second, Success: []replay.StatusRange{{From: 200, To: 200}},
		Retries:   []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour},
		RetrySpan: 8 * time.Hour,
		AttemptID: "signature.token",
		Key:       "event-data.id",
		Identity: "key: event-data.id. signature.token is meant to be used once; whether a retry repeats it is not documented, here each attempt has a new one. " +
			"A message that a route forwards: its Message-Id",
		Order:   "subject: the message's message-id. version: event-data.timestamp, in fractions of a second. A forwarded message has neither",
		TieRule: "Within one timestamp: accepted first, failed.permanent and rejected last, all others between, in no order.",
		Signing: "signature.signature in the body: hex HMAC-SHA256 of TIME and TOKEN. The event itself is not signed: a tampered delivery is one whose " +
			"token was changed",
		GiveUp:      []replay.StatusRange{{From: 406, To: 406}},
		Failure:     "retried for 8 hours; 406 makes Mailgun drop the event at once",
		ContentType: "application/json; routes post forms (those with attachments, multipart/form-data, are not known)",
	},
		[4]string{"identity", "B", "documentation.mailgun.com: webhooks", "cache the token and refuse it a second time"},
		[4]string{"patience", "C", "not published", "10 s is an assumption"},
		[4]string{"success", "A", "documentation.mailgun.com: webhooks", "200"},
		[4]string{"retries", "B", "documentation.mailgun.com: webhooks", "5, 10, 15 min, 1, 2, 4 h; a help-centre page says 10, 10, 15, 30 min, 1, 2, 4 h"},
		[4]string{"retry_span", "B", "documentation.mailgun.com: webhooks", "8 hours"},
		[4]string{"signing", "B", "documentation.mailgun.com: securing webhooks", "\"concatenate timestamp and token\""},
		[4]string{"failure", "A", "documentation.mailgun.com: webhooks", "406 Not Acceptable: the webhook is rejected, no retry"},
	)
}
