package provider

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// Generic is a provider that a user describes.
type Generic struct {
	Name string
	// ID, Type, Subject and Version say where these stand: a path in the JSON body (data.id), or "header: NAME".
	// Only ID is needed.
	ID, Type, Subject, Version string
	// Refs are paths of further ids.
	Refs []string
	// Created and Deleted are patterns of types that come first, and last, within one version. A type that is
	// deleted ends its subject.
	Created, Deleted []string
	Signature        GenericSignature
	// RetryHeader is given the number of a redelivery.
	RetryHeader string
	// AttemptHeader is given an id that each attempt has for itself: another one in every redelivery.
	AttemptHeader string
	Patience      time.Duration
	Success       []replay.StatusRange
	Retries       []time.Duration
	// GiveUp are the statuses after which an event is dropped, and not redelivered.
	GiveUp []replay.StatusRange
}

// GenericSignature is an HMAC in a header, made after templates.
type GenericSignature struct {
	// Header is the name of the signature's header.
	Header string
	// Value is the header's value, with {signature} and maybe {timestamp} in it, once each: "t={timestamp},v1={signature}".
	Value string
	// Message is what is signed: a text with {body} and maybe {timestamp}, {id} and {url} in it.
	Message string
	// TimestampHeader is where {timestamp} is sent, if not in Value.
	TimestampHeader string
	// Hash is sha1, sha256 or sha512; Encoding is hex, base64 or base64url.
	Hash, Encoding string
	// Secret says how the secret is written: text, hex or base64.
	Secret    string
	Tolerance time.Duration
}

var _ Provider = Generic{}

const inHeader = "header:"

// headerName is the header a place names; false where it is a path.
func headerName(place string) (string, bool) {
	name, ok := strings.CutPrefix(place, inHeader)
	return strings.TrimSpace(name), ok
}

// plainPlace is a place without saying that it is a header.
func plainPlace(place string) string {
	if name, ok := headerName(place); ok {
		return name
	}
	return place
}

// Check completes a description with defaults, or says what is wrong with it.
func (g Generic) Check() (Generic, error) {
	s := &g.Signature
	switch {
	case g.Name == "":
		return g, errors.New("the provider has no name")
	case g.ID == "":
		return g, errors.New("id: say where the event's id stands: a path such as data.id, or 'header: X-Event-Id'")
	case s.Header == "" && (s.Value != "" || s.Message != ""):
		return g, errors.New("signature.header: say which header holds the signature")
	case s.Header != "" && !strings.Contains(first(s.Value, "{signature}"), "{signature}"):
		return g, errors.New("signature.value: has no {signature} in it")
	case strings.Count(s.Value, "{signature}") > 1 || strings.Count(s.Value, "{timestamp}") > 1:
		return g, errors.New("signature.value: may have each of {signature} and {timestamp} in it once")
	case strings.Contains(s.Value, "{timestamp}{signature}") || strings.Contains(s.Value, "{signature}{timestamp}"):
		return g, errors.New("signature.value: put something between {timestamp} and {signature}, or nobody can tell where one ends")
	case s.Header != "" && strings.Count(first(s.Message, "{body}"), "{body}") != 1:
		return g, errors.New("signature.message: must have {body} in it, once")
	case !slices.Contains([]string{"", "sha1", "sha256", "sha512"}, s.Hash):
		return g, fmt.Errorf("signature.hash: %q is none of sha1, sha256, sha512", s.Hash)
	case !slices.Contains([]string{"", "hex", "base64", "base64url"}, s.Encoding):
		return g, fmt.Errorf("signature.encoding: %q is none of hex, base64, base64url", s.Encoding)
	case !slices.Contains([]string{"", "text", "hex", "base64"}, s.Secret):
		return g, fmt.Errorf("signature.secret: %q is none of text, hex, base64", s.Secret)
	}
	s.Value, s.Message = first(s.Value, "{signature}"), first(s.Message, "{body}")
	timed := strings.Contains(s.Message, "{timestamp}")
	if _, ok := headerName(g.ID); !ok && strings.Contains(s.Message, "{id}") {
		return g, errors.New("signature.message: {id} can be signed only where id is a header")
	}
	if timed && s.TimestampHeader == "" && !strings.Contains(s.Value, "{timestamp}") {
		return g, errors.New("signature.message: signs {timestamp}, which is sent nowhere: put it into signature.value, or name signature.timestamp-header")
	}
	if s.Tolerance > 0 && !timed {
		return g, errors.New("signature.tolerance: no {timestamp} is signed")
	}
	if g.Patience == 0 {
		g.Patience = 10 * time.Second
	}
	if len(g.Success) == 0 {
		g.Success = any2xx()
	}
	return g, nil
}

func (g Generic) recognises(header http.Header, _ []byte) bool {
	if name, ok := headerName(g.ID); ok && header.Get(name) != "" {
		return true
	}
	return g.Signature.Header != "" && header.Get(g.Signature.Header) != ""
}

// Identify reads an event where the description says its parts are.
func (g Generic) Identify(recorded http.Header, body []byte) (replay.Event, error) {
	doc, err := object(body)
	if err != nil {
		return replay.Event{}, err
	}
	h := kept(recorded, g.headers()...)
	at := func(place string) string {
		if name, ok := headerName(place); ok {
			return h.Get(name)
		}
		if place == "" {
			return ""
		}
		return text(doc, place)
	}
	if name, ok := headerName(g.ID); ok {
		setMissing(h, name, madeUUID(g.Name, body))
	}
	e := replay.Event{Key: at(g.ID), Type: first(at(g.Type), "event"), Subject: at(g.Subject), Version: at(g.Version)}
	if e.Key == "" {
		return replay.Event{}, fmt.Errorf("is no event of %s: nothing is at %s", g.Name, g.ID)
	}
	e.Deletes = matches(g.Deleted, e.Type)
	switch {
	case matches(g.Created, e.Type):
		e.Rank = -1
	case e.Deletes:
		e.Rank = 1
	}
	for _, r := range g.Refs {
		e.Refs = append(e.Refs, at(r))
	}
	return eventOf(g.Name, h, body, e), nil
}

// headers are those that tell of the event.
func (g Generic) headers() []string {
	var names []string
	for _, place := range append([]string{g.ID, g.Type, g.Subject, g.Version}, g.Refs...) {
		if name, ok := headerName(place); ok {
			names = append(names, name)
		}
	}
	return names
}

// matches says whether a type is one of the patterns, in which * stands for any text.
func matches(patterns []string, kind string) bool {
	for _, p := range patterns {
		before, after, wild := strings.Cut(p, "*")
		if p == kind || wild && len(kind) >= len(before)+len(after) && strings.HasPrefix(kind, before) && strings.HasSuffix(kind, after) {
			return true
		}
	}
	return false
}

// Rename gives the event, its subject and its refs fresh ids.
func (g Generic) Rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	return reID(g, e, append([]string{e.Key, e.Subject}, e.Refs...), append([]string{g.ID, g.Subject}, g.Refs...), fresh)
}

func (g Generic) scheme() scheme {
	s := g.Signature
	c := scheme{Header: s.Header, Each: s.Value, Message: s.Message, TimeHeader: s.TimestampHeader, Hash: s.Hash, Encoding: s.Encoding,
		Tolerance: s.Tolerance}
	if name, ok := headerName(g.ID); ok {
		c.IDHeader = name
	}
	// A time, a comma and a signature, as Stripe writes them, leave room for more signatures.
	if lead, each, ok := strings.Cut(s.Value, ","); ok && strings.Contains(lead, "{timestamp}") && strings.Contains(each, "{signature}") && !strings.Contains(each, ",") {
		c.Lead, c.Each, c.Sep = lead, each, ","
	}
	if s.Secret != "" && s.Secret != "text" {
		c.Key = scheme{Encoding: s.Secret}.decode
	}
	return c
}

// Sign makes a delivery after the description.
func (g Generic) Sign(e replay.Event, to Endpoint, s replay.Sending) (http.Header, []byte, error) {
	h := headersOf(e.Header, http.Header{"Content-Type": {"application/json"}})
	if g.RetryHeader != "" && s.Retry > 0 {
		h.Set(g.RetryHeader, fmt.Sprint(s.Retry))
	}
	if g.AttemptHeader != "" {
		h.Set(g.AttemptHeader, madeUUID(g.Name+" attempt "+first(s.Attempt, s.Now.Format(time.RFC3339Nano))+e.Key, nil))
	}
	if g.Signature.Header == "" {
		return h, e.Body, nil
	}
	body, err := g.scheme().sign(h, e, to, s)
	return h, body, err
}

// Verify checks a signature made after the description.
func (g Generic) Verify(h http.Header, body []byte, at Endpoint, now time.Time) error {
	if g.Signature.Header == "" {
		return nil
	}
	return g.scheme().verify(h, body, at, now)
}

// Profile returns the described figures.
func (g Generic) Profile() replay.Profile {
	var span time.Duration
	for _, d := range g.Retries {
		span += d
	}
	p := replay.Profile{
		Name: g.Name, Patience: g.Patience, Success: g.Success, Retries: g.Retries, GiveUp: g.GiveUp, RetrySpan: span, Tolerance: g.Signature.Tolerance,
		TieRule: "Within one version: types that match created first, those that match deleted last, all others between, in no order.",
		Key:     plainPlace(g.ID), Identity: "key: " + g.ID, Order: "subject: " + first(g.Subject, "none") + ". version: " + first(g.Version, "none"),
		Signing: "none", RetryHeader: g.RetryHeader, Redelivery: g.RetryHeader, AttemptID: g.AttemptHeader, Failure: "retried as described", ContentType: "application/json",
	}
	if g.Signature.Header != "" {
		p.Signing = g.Signature.Header + ": " + g.Signature.Value + ", the HMAC of " + g.Signature.Message
	}
	for _, figure := range []string{"identity", "patience", "success", "retries", "retry_span", "signing", "failure", "tie_rule"} {
		p.Sources = append(p.Sources, replay.Source{Figure: figure, Text: "as described by the user, or hookonce's default",
			Where: "hookonce.yaml", Date: figuresRead, Grade: replay.GradeUnverified})
	}
	return p
}
