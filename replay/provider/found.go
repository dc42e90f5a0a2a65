package provider

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// event completes what a provider found out about a body.
func eventOf(name string, header http.Header, body []byte, e replay.Event) replay.Event {
	sum := sha256.Sum256(body)
	e.Provider, e.Header, e.Body, e.SHA256 = name, header, body, hex.EncodeToString(sum[:])
	var refs []string
	for _, r := range e.Refs {
		if r != "" && r != e.Key && r != e.Subject && !contains(refs, r) {
			refs = append(refs, r)
		}
	}
	e.Refs = refs
	return e
}

func contains(all []string, s string) bool {
	for _, x := range all {
		if x == s {
			return true
		}
	}
	return false
}

// object parses a body that must be a JSON object.
func object(body []byte) (gjson.Result, error) {
	if !ValidJSON(body) {
		return gjson.Result{}, errors.New("is not JSON")
	}
	doc := gjson.ParseBytes(body)
	if !doc.IsObject() {
		return doc, errors.New("is not a JSON object")
	}
	return doc, nil
}

// form parses a body that must be a form.
func form(body []byte) (url.Values, error) {
	errNoForm := errors.New("is not a form")
	if bytes.IndexByte(body, '=') < 0 || bytes.ContainsAny(body, "{[\"") {
		return nil, errNoForm
	}
	v, err := url.ParseQuery(strings.TrimRight(string(body), "\r\n"))
	if err != nil {
		return nil, errNoForm
	}
	return v, nil
}

// text is the first of the paths that holds a text or a number.
func text(doc gjson.Result, paths ...string) string {
	for _, p := range paths {
		switch v := doc.Get(p); v.Type {
		case gjson.String:
			if v.Str != "" {
				return v.Str
			}
		case gjson.Number:
			return v.Raw
		}
	}
	return ""
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// made is an id for what was recorded without one: the same for the same bytes.
func made(what string, body []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(what+"\n"), body...))
}

// madeUUID has the form of a random UUID.
func madeUUID(what string, body []byte) string {
	b := made(what, body)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}

// madeUpper is n capital letters and digits.
func madeUpper(what string, body []byte, n int) string {
	b := made(what, body)
	return base32.StdEncoding.EncodeToString(b[:])[:n]
}

// setMissing sets a header that was not recorded.
func setMissing(h http.Header, name, value string) {
	if h.Get(name) == "" && value != "" {
		h.Set(name, value)
	}
}

// kept is resendable, and never nil.
func kept(recorded http.Header, more ...string) http.Header {
	if h := resendable(recorded, more...); h != nil {
		return h
	}
	return http.Header{}
}

// ranked is a type's place among events of one version: -1 for the first, 1 for the last.
func ranked(kind string, begins, ends []string) int {
	switch {
	case contains(begins, kind):
		return -1
	case contains(ends, kind):
		return 1
	}
	return 0
}
