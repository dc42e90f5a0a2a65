package provider

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"hookonce/replay"
)

// Mailgun's routes post a message that came in as a form. What signs an event in JSON are three fields of it.

// mailgunForm reads a body that is a route's form; false for any other.
func mailgunForm(body []byte) (url.Values, bool) {
	v, err := form(body)
	return v, err == nil && v.Has("token") && v.Has("timestamp") && (v.Has("Message-Id") || v.Has("recipient"))
}

// identifyRouted reads a message that a route forwards. It has no order: a message comes in once.
func identifyRouted(recorded http.Header, body []byte, v url.Values) (replay.Event, error) {
	id := first(v.Get("Message-Id"), v.Get("message-id"))
	if id == "" {
		return replay.Event{}, errors.New("is a message of a Mailgun route without a Message-Id: nothing says which one")
	}
	return eventOf("mailgun", kept(recorded), body, replay.Event{Key: id, Type: "message.received"}), nil
}

// withFields sets fields of a form. All other bytes stay as they are; what is not there is added at the end.
func withFields(body []byte, pairs ...string) []byte {
	for i := 0; i+1 < len(pairs); i += 2 {
		body = withField(body, pairs[i], pairs[i+1])
	}
	return body
}

func withField(body []byte, name, value string) []byte {
	body = bytes.TrimRight(body, "\r\n")
	pair := url.QueryEscape(name) + "=" + url.QueryEscape(value)
	for from := 0; from < len(body); {
		to := len(body)
		if n := bytes.IndexByte(body[from:], '&'); n >= 0 {
			to = from + n
		}
		if field, _, _ := strings.Cut(string(body[from:to]), "="); field == url.QueryEscape(name) {
			return splice(body, from, to, []byte(pair))
		}
		from = to + 1
	}
	return append(append(bytes.Clone(body), '&'), pair...)
}
