package provider

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const (
	slackSignature = "X-Slack-Signature"
	slackTime      = "X-Slack-Request-Timestamp"
	slackTolerance = 5 * time.Minute
	formContent    = "application/x-www-form-urlencoded"
)

// slack is Slack's Events API, and the forms of its interactions and slash commands.
type slack struct{}

var _ Provider = slack{}

func recognisesSlack(header http.Header, body []byte) bool {
	if header.Get(slackSignature) != "" {
		return true
	}
	f := gjson.GetManyBytes(body, "type", "team_id", "api_app_id", "event.type")
	if f[0].Str == "event_callback" && (f[1].Exists() || f[2].Exists()) && f[3].Exists() {
		return true
	}
	v, err := slackForm(body)
	return err == nil && v.Get("trigger_id") != "" && v.Get("team_id") != ""
}

// slackForm flattens the forms: a slash command's fields, or those of an interaction's payload.
func slackForm(body []byte) (url.Values, error) {
	if bytes.HasPrefix(body, []byte("payload=")) {
		outer, err := form(body)
		if err != nil {
			return nil, err
		}
		doc, err := object([]byte(outer.Get("payload")))
		if err != nil {
			return nil, err
		}
		return url.Values{"trigger_id": {doc.Get("trigger_id").Str}, "type": {doc.Get("type").Str},
			"team_id": {first(doc.Get("team.id").Str, doc.Get("user.team_id").Str)}}, nil
	}
	v, err := form(body)
	if err == nil && v.Get("command") != "" {
		v.Set("type", "slash_command")
	}
	return v, err
}

// Identify reads a Slack event, interaction or slash command.
func (s slack) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	h := kept(recorded)
	if doc, err := object(body); err == nil {
		return s.event(h, doc, body)
	}
	v, err := slackForm(body)
	if err != nil || v.Get("type") == "" {
		return replay.Event{}, errors.New("is neither a Slack event nor the form of an interaction or slash command")
	}
	if v.Get("trigger_id") == "" {
		return replay.Event{}, errors.New("is a Slack " + v.Get("type") + " without trigger_id: nothing identifies it")
	}
	return eventOf("slack", h, body, replay.Event{Key: v.Get("trigger_id"), Type: v.Get("type")}), nil
}

func (s slack) event(h http.Header, doc gjson.Result, body []byte) (replay.Event, error) {
	switch kind := doc.Get("type").Str; {
	case kind == "url_verification":
		return replay.Event{}, errors.New("is the url_verification challenge of a new endpoint, not an event")
	case kind != "event_callback" || doc.Get("event").Get("type").Str == "": // not "event.type": the first of two "event" counts
		return replay.Event{}, errors.New(`is no Slack event: "type" is not "event_callback", or there is no "event"`)
	}
	id := text(doc, "event_id")
	if id == "" {
		// Recordings often lack it, and nothing else identifies an event.
		id = "Ev" + madeUpper("slack", body, 10)
		at := strings.IndexByte(string(body), '{') + 1
		body = insert(body, at-1, []byte(`"event_id":"`+id+`"`))
	}
	in := doc.Get("event")
	e := replay.Event{Key: id, Type: in.Get("type").Str, Refs: []string{text(in, "client_msg_id")}}
	sub := in.Get("subtype").Str
	if sub != "" {
		e.Type += "." + sub
	}
	e.Subject = slackSubject(in)
	e.Version = first(text(in, "event_ts"), text(doc, "event_time"), text(in, "ts"))
	e.Deletes = sub == "message_deleted"
	e.Rank = ranked(e.Type, []string{"message", "channel_created", "team_join"}, []string{"message.message_deleted", "channel_deleted"})
	return eventOf("slack", h, body, e), nil
}

// slackSubject is the message (channel and ts), or else the channel, file or user.
func slackSubject(in gjson.Result) string {
	channel := text(in, "channel.id", "channel", "item.channel")
	if ts := text(in, "message.ts", "previous_message.ts", "item.ts", "ts"); channel != "" && ts != "" {
		return channel + ":" + ts
	}
	return first(text(in, "file_id", "file.id"), channel, text(in, "user.id", "user"))
}

// Rename gives the event a fresh id and, as the id of a message is its time, the channel one.
func (s slack) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	subject, _, _ := strings.Cut(e.Subject, ":")
	places := []string{"event_id", "event.client_msg_id", "event.channel.id", "event.channel", "event.item.channel", "event.file_id", "event.file.id",
		"event.user.id", "event.user"}
	return reID(s, e, append([]string{e.Key, subject}, e.Refs...), places, fresh)
}

func slackScheme() scheme {
	return scheme{Header: slackSignature, Each: "v0={signature}", Message: "v0:{timestamp}:{body}", TimeHeader: slackTime, Tolerance: slackTolerance}
}

// Sign makes a delivery as Slack would send it.
func (slack) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	content := "application/json"
	if len(e.Body) > 0 && e.Body[0] != '{' {
		content = formContent
	}
	h := headersOf(e.Header, http.Header{"Accept": {"*/*"}, "Content-Type": {content}, "User-Agent": {"Slackbot 1.0 (+https://api.slack.com/robots)"}})
	if s.Retry > 0 {
		h.Set("X-Slack-Retry-Num", strconv.Itoa(min(s.Retry, 3)))
		h.Set("X-Slack-Retry-Reason", slackReason(s.Previous.Outcome))
	}
	body, err := slackScheme().sign(h, e, to, s)
	return h, body, err
}

func slackReason(previous replay.Outcome) string {
	switch previous {
	case replay.Refused:
		return "http_error"
	case replay.Unsent:
		return "connection_failed"
	}
	return "http_timeout"
}

// Verify checks a Slack signature.
func (slack) Verify(h http.Header, body []byte, at Endpoint, now time.Time) error {
	return slackScheme().verify(h, body, at, now)
}

// Profile returns Slack's figures.
func (slack) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "slack", Patience: 3 * time.Second, Success: any2xx(), Tolerance: slackTolerance,
		Retries: []time.Duration{0, time.Minute, 5 * time.Minute}, RetrySpan: 6 * time.Minute,
		Key:      "event_id",
		Identity: "key: event_id in the body (of a form: trigger_id). A recording without event_id is given one, made from its bytes",
		Order: "subject: the message (channel:ts), else the file, channel or user. version: event_ts, else event_time. " +
			"A fresh subject is a fresh channel, because a message's ts is its time",
		TieRule:      "Within one version: message, channel_created and team_join first, deletions last, all others between, in no order.",
		Signing:      "X-Slack-Signature: v0= and the hex HMAC-SHA256 of v0:TIME:BODY, with X-Slack-Request-Timestamp",
		RetryHeader:  "X-Slack-Retry-Num",
		Redelivery:   "X-Slack-Retry-Num (1 to 3), X-Slack-Retry-Reason (http_timeout, http_error, connection_failed ...)",
		HeedsNoRetry: true,
		Failure:      "retried three times, the first time at once, while the first attempt may still run; X-Slack-No-Retry: 1 in the answer stops that; a high failure rate disables the app's events",
		ContentType:  "application/json; interactions and slash commands are forms",
	},
		[4]string{"identity", "B", "docs.slack.dev: Events API", "event_id is unique over all workspaces"},
		[4]string{"patience", "B", "docs.slack.dev: Events API", "3 s"},
		[4]string{"success", "B", "docs.slack.dev: Events API", "2xx; up to two redirects are followed"},
		[4]string{"retries", "B", "docs.slack.dev: Events API", "three: nearly at once, after 1 minute, after 5 minutes"},
		[4]string{"retry_span", "B", "docs.slack.dev: Events API", "the sum of these"},
		[4]string{"tolerance", "A", "slack-go v0.35.0 security.go", "5 minutes"},
		[4]string{"signing", "A", "slack-go v0.35.0 security.go", "over the raw body"},
		[4]string{"redelivery", "B", "docs.slack.dev: Events API", "both headers are missing on a first delivery"},
		[4]string{"failure", "C", "docs.slack.dev: Events API", "events are switched off when more than 95 % of deliveries fail within an hour"},
	)
}
