package record

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"hookonce/replay"
	"hookonce/replay/provider"
	"hookonce/replay/redact"
)

// Preparer makes lines of entries: it finds out what they are, and takes out what must not be written.
type Preparer struct {
	// Provider names the provider; "" means to detect it.
	Provider string
	// Providers are those that are known; the zero value is the built-in ones.
	Providers provider.Set
	// Routes name a provider for paths that end so.
	Routes map[string]string
	// Keep leaves bodies as they are. Headers that authorise somebody are never written.
	Keep   bool
	Masker redact.Masker
}

// Line makes the line of an entry, and notes in it what it was recognised as.
func (p Preparer) Line(e *Entry) []byte {
	sent := e.Body
	body, readable := decoded(e.Header, e.Body)
	if readable {
		e.Body = body
	}
	event := p.identify(e)
	e.Key, e.Type, e.Body = event.Key, event.Type, sent
	r := e.Recorded
	r.Header, r.Path = header(r.Header), redact.URL(r.Path)
	if p.Keep {
		return Line(r)
	}
	if r.Redacted = readable; readable {
		r.Body = body
		r.Header.Del("Content-Encoding")
	}
	keep := identity(event)
	for _, values := range r.Header {
		for i, v := range values {
			values[i] = p.Masker.Mask(v, keep)
		}
	}
	switch {
	case !readable: // what cannot be read cannot be masked, and the line does not claim it
	case form(r.Header):
		r.Body = []byte(p.Masker.MaskForm(string(r.Body), keep))
	default:
		r.Body = []byte(p.Masker.Mask(string(r.Body), keep))
	}
	return Line(r)
}

// decoded is a body as it was before it was compressed, and whether it is one that can be masked: neither of another encoding, nor in parts,
// nor too long.
func decoded(h http.Header, body []byte) ([]byte, bool) {
	if strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "multipart/") {
		return nil, false
	}
	var from io.Reader
	var err error
	switch strings.ToLower(strings.Join(h.Values("Content-Encoding"), ",")) {
	case "", "identity":
		return body, true
	case "gzip", "x-gzip":
		from, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		from, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return nil, false
	}
	if err != nil {
		return nil, false
	}
	plain, err := io.ReadAll(io.LimitReader(from, MaxBody+1))
	return plain, err == nil && len(plain) <= MaxBody
}

// identify finds the provider and the event; the zero event where there is none.
func (p Preparer) identify(e *Entry) replay.Event {
	// The check bounds how deep a body may be nested, which what comes after it does not.
	if !form(e.Header) && !jsontext.Value(e.Body).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		return replay.Event{}
	}
	found, ok := p.Providers.Detect(e.Header, e.Body)
	if name := cmp.Or(p.Provider, p.route(e.Path)); name != "" {
		named, err := p.Providers.ByName(name)
		found, ok = named, err == nil
	}
	if !ok {
		return replay.Event{}
	}
	e.Provider = found.Profile().Name
	event, err := found.Identify(e.Header, e.Body)
	if err != nil {
		return replay.Event{}
	}
	return event
}

// route is the provider whose route the path ends with; "" for none.
func (p Preparer) route(path string) string {
	path, _, _ = strings.Cut(path, "?")
	best := ""
	for route := range p.Routes {
		if len(route) > len(best) && strings.HasSuffix(path, route) {
			best = route
		}
	}
	return p.Routes[best]
}

// longPart is from how many bytes on a text counts as part of an id that was put together, and not as found in it by chance.
const longPart = 8

// identity claims what identifies an event, so that the recording speaks of the same one.
func identity(e replay.Event) func(string) bool {
	ids := slices.Concat([]string{e.Key, e.Subject, e.Version}, e.Refs)
	return func(text string) bool {
		return slices.ContainsFunc(ids, func(id string) bool {
			return id == text || len(text) >= longPart && strings.Contains(id, text)
		})
	}
}

func form(h http.Header) bool {
	return strings.HasPrefix(strings.ToLower(h.Get("Content-Type")), "application/x-www-form-urlencoded")
}

// header keeps what describes the webhook: not what authorises it, and not what belongs to the connection.
func header(in http.Header) http.Header {
	out := http.Header{}
	for name, values := range in {
		if !connection(name) && !authorises(strings.ToLower(name)) {
			out[name] = slices.Clone(values)
		}
	}
	return out
}

func connection(name string) bool {
	switch name {
	case "Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Expect", "Via", "Forwarded":
		return true
	}
	return strings.HasPrefix(name, "Proxy-") || strings.HasPrefix(name, "X-Forwarded-")
}

// authorises says of a header's name, in small letters, that its value proves something, and so is secret or
// of no use: signatures are made anew. A token that is only there to recognise duplicates proves nothing.
func authorises(name string) bool {
	if strings.Contains(name, "idempotency") {
		return false
	}
	for _, part := range []string{"signature", "hmac", "authorization", "cookie", "secret", "token", "api-key", "apikey", "transmission-sig",
		"passw", "pwd", "passphrase", "passcode", "credential", "jwt", "private-key", "access-key"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
