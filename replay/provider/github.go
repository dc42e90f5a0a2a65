package provider

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

const (
	githubEvent     = "X-GitHub-Event"
	githubDelivery  = "X-GitHub-Delivery"
	githubSignature = "X-Hub-Signature-256"
)

// github is GitHub's webhooks, of repositories, organisations and apps.
type github struct{}

var _ Provider = github{}

func recognisesGitHub(header http.Header, body []byte) bool {
	if header.Get(githubEvent) != "" || header.Get(githubSignature) != "" {
		return true
	}
	doc, err := githubPayload(body)
	return err == nil && (strings.HasPrefix(doc.Get("sender.url").Str, "https://api.github.com/") ||
		strings.HasPrefix(doc.Get("repository.url").Str, "https://") && doc.Get("repository.full_name").Exists())
}

// githubObject is the field of the object an event is about; most events are named after it.
func githubObject(kind string) string {
	switch kind {
	case "issues":
		return "issue"
	case "issue_comment", "pull_request_review_comment", "commit_comment", "discussion_comment":
		return "comment"
	case "pull_request_review":
		return "review"
	case "fork":
		return "forkee"
	case "code_scanning_alert", "dependabot_alert", "secret_scanning_alert":
		return "alert"
	}
	return kind
}

// githubTypes tells an event whose header was not recorded by the objects in it: the first whose objects are all there.
func githubTypes() []struct{ event, objects string } {
	return []struct{ event, objects string }{
		{"issue_comment", "comment issue"}, {"pull_request_review_comment", "comment pull_request"},
		{"discussion_comment", "comment discussion"}, {"issues", "issue"}, {"check_run", "check_run"},
		{"check_suite", "check_suite"}, {"workflow_job", "workflow_job"}, {"workflow_run", "workflow_run"},
		{"pull_request_review", "review pull_request"}, {"deployment_status", "deployment_status"},
		{"deployment", "deployment"}, {"release", "release"}, {"fork", "forkee"}, {"push", "commits after"},
		{"pull_request", "pull_request"}, {"discussion", "discussion"}, {"label", "label"}, {"milestone", "milestone"},
	}
}

func githubType(doc gjson.Result) string {
	for _, t := range githubTypes() {
		all := true
		for object := range strings.FieldsSeq(t.objects) {
			all = all && doc.Get(object).Exists()
		}
		if all {
			return t.event
		}
	}
	return ""
}

// githubPayload is the JSON of a body, which may be a form.
func githubPayload(body []byte) (gjson.Result, error) {
	if strings.HasPrefix(string(body[:min(len(body), 8)]), "payload=") {
		v, err := url.ParseQuery(string(body))
		if err != nil {
			return gjson.Result{}, errors.New("is not a form")
		}
		return object([]byte(v.Get("payload")))
	}
	return object(body)
}

// Identify reads a GitHub webhook.
func (github) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	doc, err := githubPayload(body)
	if err != nil {
		return replay.Event{}, err
	}
	kind := first(recorded.Get(githubEvent), githubType(doc))
	switch kind {
	case "":
		return replay.Event{}, errors.New("was recorded without its " + githubEvent + " header, and its content does not tell what it is")
	case "ping":
		return replay.Event{}, errors.New("is the ping of a new hook, not an event")
	}
	h := kept(recorded, githubEvent, githubDelivery, "X-GitHub-Hook-ID", "X-GitHub-Hook-Installation-Target-ID", "X-GitHub-Hook-Installation-Target-Type")
	setMissing(h, githubEvent, kind)
	setMissing(h, githubDelivery, madeUUID("github "+kind, body))
	action := text(doc, "action")
	e := replay.Event{Key: h.Get(githubDelivery), Type: kind, Rank: ranked(action, []string{"created", "opened"}, []string{"deleted", "removed"}),
		Deletes: action == "deleted"}
	if action != "" {
		e.Type += "." + action
	}
	about := doc.Get(githubObject(kind))
	if e.Subject = text(about, "id"); e.Subject != "" {
		e.Version = text(about, "updated_at", "completed_at", "started_at", "published_at", "created_at", "submitted_at")
		e.Refs = []string{text(about, "node_id"), text(about, "number")}
	}
	if kind == "push" {
		e.Refs = []string{text(doc, "after")}
	}
	return eventOf("github", h, body, e), nil
}

// Rename gives the event and the object fresh ids, and the object a fresh number.
func (g github) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	about := githubObject(e.Header.Get(githubEvent))
	return reID(g, e, append([]string{e.Key, e.Subject}, e.Refs...), []string{inHeader + githubDelivery, "number", about + ".id", about + ".number", about + ".node_id"}, fresh)
}

func githubScheme() scheme {
	return scheme{Header: githubSignature, Each: "sha256={signature}", Message: "{body}"}
}

// Sign makes a delivery as GitHub would send it.
func (github) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	content := "application/json"
	if len(e.Body) > 0 && e.Body[0] != '{' {
		content = formContent
	}
	h := headersOf(e.Header, http.Header{"Accept": {"*/*"}, "Content-Type": {content}, "User-Agent": {"GitHub-Hookshot/hookonce"}})
	body, err := githubScheme().sign(h, e, to, s)
	return h, body, err
}

// Verify checks a GitHub signature.
func (github) Verify(h http.Header, body []byte, at Endpoint, now time.Time) error {
	return githubScheme().verify(h, body, at, now)
}

// Profile returns GitHub's figures.
func (github) Profile() replay.Profile {
	return sourced(replay.Profile{
		Name: "github", Patience: 10 * time.Second, Success: any2xx(), RetrySpan: 72 * time.Hour,
		Key:      "X-GitHub-Delivery",
		Identity: "key: X-GitHub-Delivery, one per event: several hooks and apps that get the same event get the same GUID, and a redelivery keeps it",
		Order: "subject: the id of the object the event is about (issue, pull_request, comment, check_run ...). version: its updated_at, " +
			"else completed_at, else created_at. A push has no subject",
		TieRule:     "Within one second: opened and created first, deleted and removed last, all others between, in no order.",
		Signing:     "X-Hub-Signature-256: sha256= and the hex HMAC-SHA256 of the body; no time, so a recording stays valid for ever",
		Failure:     "nothing: GitHub never redelivers by itself. Someone presses Redeliver, or a script asks the API for failed deliveries",
		ContentType: "application/json, or a form with the JSON in payload=",
	},
		[4]string{"identity", "A", "github/docs: webhook events and payloads; deer-flow PR 4274", "\"a globally unique identifier to identify the event\"; unchanged by a redelivery"},
		[4]string{"patience", "A", "github/docs: best practices for using webhooks", "10 s (30 s on GitHub Enterprise Server)"},
		[4]string{"success", "A", "github/docs: best practices for using webhooks", "2xx"},
		[4]string{"retries", "A", "github/docs: handling failed webhook deliveries", "no automatic redelivery"},
		[4]string{"retry_span", "A", "github/docs: redelivering webhooks", "on request, for 3 days after the event"},
		[4]string{"signing", "A", "github/docs: validating webhook deliveries", "over the body as sent, also where it is a form"},
		[4]string{"failure", "A", "github/docs#32822", "a failed delivery stays failed"},
	)
}
