package provider

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"hookonce/replay"
)

const (
	twilioSignature = "X-Twilio-Signature"
	twilioToken     = "I-Twilio-Idempotency-Token"
)

// twilio is Twilio's status callbacks and incoming messages and calls, which are forms.
type twilio struct{}

var _ Provider = twilio{}

func recognisesTwilio(header http.Header, body []byte) bool {
	if header.Get(twilioSignature) != "" || header.Get(twilioToken) != "" {
		return true
	}
	v, err := form(body)
	return err == nil && v.Get("AccountSid") != "" && twilioSubject(v) != ""
}

func twilioSubject(v url.Values) string {
	return first(v.Get("MessageSid"), v.Get("SmsSid"), v.Get("CallSid"), v.Get("RecordingSid"), v.Get("ConferenceSid"), v.Get("FaxSid"))
}

// Identify reads a Twilio callback.
func (twilio) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	v, err := form(body)
	if err != nil {
		if _, isJSON := object(body); isJSON == nil {
			return replay.Event{}, errors.New("is JSON: only Twilio's forms are known (a JSON body is signed by a query that differs with each delivery)")
		}
		return replay.Event{}, err
	}
	e := replay.Event{Subject: twilioSubject(v)}
	if e.Subject == "" {
		return replay.Event{}, errors.New("is no Twilio callback: it has no MessageSid, SmsSid or CallSid")
	}
	family, status := "message", first(v.Get("MessageStatus"), v.Get("SmsStatus"), "received")
	if v.Get("CallSid") != "" && v.Get("MessageSid") == "" && v.Get("SmsSid") == "" {
		family, status = "call", first(v.Get("CallStatus"), "event")
	}
	e.Type = family + "." + status
	e.Version = first(v.Get("SequenceNumber"), twilioRank(status))
	h := kept(recorded, twilioToken)
	setMissing(h, twilioToken, madeUUID("twilio", body))
	e.Key = h.Get(twilioToken)
	e.Refs = []string{v.Get("SmsSid"), v.Get("SmsMessageSid"), v.Get("ParentCallSid")}
	return eventOf("twilio", h, body, e), nil
}

// twilioRank is the version where the callback has none: how far the status is on its way.
func twilioRank(status string) string {
	for rank, statuses := range []string{"", "accepted scheduled initiated", "queued", "sending ringing", "sent in-progress answered receiving",
		"delivered undelivered failed received completed busy no-answer canceled", "read"} {
		if listed(" "+statuses+" ", status) {
			return strconv.Itoa(rank)
		}
	}
	return ""
}

// Rename gives the callback a fresh token and what it speaks of a fresh SID.
func (t twilio) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	return reID(t, e, append([]string{e.Key, e.Subject}, e.Refs...), []string{inHeader + twilioToken}, fresh)
}

// Sign makes a delivery as Twilio would send it.
func (twilio) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Accept": {"*/*"}, "Content-Type": {formContent + "; charset=UTF-8"}, "User-Agent": {"TwilioProxy/1.1"}})
	p, err := prepare(e, to, s, 0, wrongSecret, tampered)
	if err != nil || p.none {
		return h, p.body, err
	}
	if to.URL == "" {
		return nil, nil, fmt.Errorf("sign %s: %w", e.Key, errNoURL)
	}
	mac, err := twilioMAC(p.to.Secrets[0], twilioURL(to.URL), e.Body)
	h.Set(twilioSignature, mac)
	return h, p.body, err
}

// twilioURL leaves out the connection overrides, which are not signed.
func twilioURL(address string) string {
	address, _, _ = strings.Cut(address, "#")
	return address
}

func twilioMAC(token, address string, body []byte) (string, error) {
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return "", errors.New("the body is not a form")
	}
	h := hmac.New(sha1.New, []byte(token))
	_, _ = h.Write([]byte(address))
	names := make([]string, 0, len(v))
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Sorted(slices.Values(v[name]))
		for _, value := range slices.Compact(values) {
			_, _ = h.Write([]byte(name + value))
		}
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil)), nil
}

// Verify checks a Twilio signature, with and without the port in the URL.
func (twilio) Verify(header http.Header, body []byte, at Endpoint, _ time.Time) error {
	got := header.Get(twilioSignature)
	if got == "" {
		return fmt.Errorf("%s: %w", twilioSignature, ErrUnsigned)
	}
	for _, address := range twilioURLs(at.URL) {
		for _, token := range at.Secrets {
			want, err := twilioMAC(token, address, body)
			if err == nil && hmac.Equal([]byte(got), []byte(want)) {
				return nil
			}
		}
	}
	return fmt.Errorf("%s: %w", twilioSignature, ErrSignature)
}

// twilioURLs are the address as it is, without its port, and with the scheme's own.
func twilioURLs(address string) []string {
	address = twilioURL(address)
	u, err := url.Parse(address)
	if err != nil {
		return []string{address}
	}
	with, without := *u, *u
	without.Host = u.Hostname()
	port := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if u.Port() == "" && port != "" {
		with.Host = net.JoinHostPort(u.Hostname(), port)
	}
	return []string{address, without.String(), with.String()}
}

// Profile returns Twilio's figures.
func (twilio) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "twilio", Patience: 15 * time.Second, Success: any2xx(),
		Retries: []time.Duration{0}, RetrySpan: 15 * time.Second,
		Key:      "I-Twilio-Idempotency-Token",
		Identity: "key: the I-Twilio-Idempotency-Token header, the same when a callback is retried. Endpoints also use MessageSid and MessageStatus together",
		Order: "subject: MessageSid or CallSid. version: SequenceNumber of a call; else how far the status is on its way: " +
			"accepted 1, queued 2, sending 3, sent 4, delivered, undelivered or failed 5, read 6",
		TieRule:     "Statuses of equal rank (delivered, undelivered, failed) are unordered.",
		Signing:     "X-Twilio-Signature: base64 HMAC-SHA1, with the auth token, of the URL (--public-url; without its fragment) and the sorted fields; no time",
		Redelivery:  "none but the idempotency token",
		Failure:     "retried once, and only where the connection failed, unless the URL's fragment says otherwise (#rc=2&rp=5xx,ct); then dropped",
		ContentType: formContent,
	},
		[4]string{"identity", "B", "several published integrations", "the token stays the same in a retry"},
		[4]string{"patience", "A", "twilio.com/docs: webhooks connection overrides", "15 s to read an answer and 15 s in total with all retries; 5 s to connect"},
		[4]string{"success", "A", "twilio.com/docs: webhooks", "2xx"},
		[4]string{"retries", "A", "twilio.com/docs: webhooks connection overrides", "rc=1 by default (0 to 5), at once; the default policy (connection failures only) is not verified"},
		[4]string{"retry_span", "A", "twilio.com/docs: webhooks connection overrides", "tt=15000 ms; Event Streams, another product, retries for up to 4 hours"},
		[4]string{"signing", "A", "twilio-go v1.31.0 client/request_validator.go", "an endpoint tries the URL with and without its port"},
		[4]string{"failure", "A", "twilio.com/docs: webhooks connection overrides", "rp chooses what is retried"},
	)
}

func listed(list, word string) bool {
	return word != "" && !strings.Contains(word, " ") && strings.Contains(list, " "+word+" ")
}
