package provider

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// origin is where a provider's events name the account, shop or workspace they come from: a header, or a field of the
// body. missing is what stands there in an event that came without; empty where such an event has no source.
type origin struct{ header, field, missing string }

// sourcesOf lists the places, the first one that is there counts.
func sourcesOf(p Provider) []origin {
	switch p.(type) {
	case stripe:
		return []origin{{field: "account", missing: "acct_1Hookonce0Other0"}}
	case shopify:
		return []origin{{header: "X-Shopify-Shop-Domain", missing: "other-shop.myshopify.com"}}
	case slack:
		return []origin{{field: "team_id"}, {field: "team.id"}, {field: "user.team_id"}}
	case twilio:
		return []origin{{field: "AccountSid"}}
	case github:
		return []origin{{field: "repository.id"}, {field: "organization.id"}, {field: "installation.id"}}
	case square:
		return []origin{{field: "merchant_id"}}
	}
	return nil
}

// FromSource gives an event the id of another one, and a source of its own. It touches only the bytes of both. The error
// wraps replay.ErrNoSource where the provider's events name no account.
func FromSource(p Provider, e replay.Event, id string) (replay.Event, error) {
	at, source, ok := sourceOf(p, e)
	if !ok {
		return e, replay.ErrNoSource
	}
	key := e.Key
	renamed, err := p.Rename(e, func(old string) string {
		if old == key {
			return id
		}
		return old
	})
	if err != nil {
		return e, err
	}
	other := neighbour(source)
	header, body := at.set(renamed, source, other)
	now, err := p.Identify(header, body)
	switch {
	case err != nil:
		return e, fmt.Errorf("another source for %s: %w", e.Key, err)
	case now.Key != id:
		return e, fmt.Errorf("another source for %s: the id became %q, want %q", e.Key, now.Key, id)
	}
	now.Key, now.ID, now.Source = other+"/"+id, id, other
	now.Fixture, now.EffectKey, now.OriginalKey = e.Fixture, e.EffectKey, first(e.OriginalKey, e.Key)
	return now, nil
}

// sourceOf is the place that names the event's source, and the source.
func sourceOf(p Provider, e replay.Event) (origin, string, bool) {
	for _, at := range sourcesOf(p) {
		if source := first(at.get(e), at.missing); source != "" {
			return at, source, true
		}
	}
	return origin{}, "", false
}

func (at origin) get(e replay.Event) string {
	if at.header != "" {
		return e.Header.Get(at.header)
	}
	if ValidJSON(e.Body) {
		return text(gjson.ParseBytes(e.Body), at.field)
	}
	v, err := url.ParseQuery(string(e.Body))
	if err != nil {
		return ""
	}
	if inner := v.Get("payload"); inner != "" { // Slack's interactions, and GitHub's forms
		return text(gjson.Parse(inner), at.field)
	}
	return v.Get(at.field)
}

// set returns the event's headers and body with the other source wherever the old one stood, or stands now.
func (at origin) set(e replay.Event, old, other string) (http.Header, []byte) {
	header := e.Header.Clone()
	switch {
	case at.header != "":
		if header == nil {
			header = http.Header{}
		}
		header.Set(at.header, other)
		return header, e.Body
	case at.get(e) == "":
		return header, insert(e.Body, strings.IndexByte(string(e.Body), '{'), append(append(quoted(at.field), ':'), quoted(other)...))
	}
	return header, []byte(apply(e.Body, renaming{map[string]string{old: other}, []string{at.field}}.edits(e.Body)))
}

// neighbour is another name of the same form: its last letter or digit is the next one.
func neighbour(name string) string {
	at := len(name) - 1
	if dot := strings.IndexByte(name, '.'); dot > 0 { // the host of a domain
		at = dot - 1
	}
	b := []byte(name)
	switch c := b[at]; c {
	case '9':
		b[at] = '1'
	case 'z', 'Z':
		b[at] = c - 25
	default:
		b[at] = c + 1
	}
	return string(b)
}

// WithSource reads an event as an endpoint should that takes those of several accounts: where the event names its account, that
// is part of the key.
func WithSource(p Provider, header http.Header, body []byte) (replay.Event, error) {
	e, err := p.Identify(header, body)
	if err != nil {
		return e, err
	}
	for _, at := range sourcesOf(p) {
		if source := at.get(e); source != "" {
			e.ID, e.Source, e.Key = e.Key, source, source+"/"+e.Key
			return e, nil
		}
	}
	return e, nil
}
