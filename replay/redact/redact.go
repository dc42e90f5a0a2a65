// Package redact takes secrets and personal data out of text, and makes hostile
// text safe for a screen. It is pure: it never reads the environment and never
// keeps what it saw. It errs on the side of hiding.
package redact

import (
	"encoding/json"
	"strings"
)

// What stands for what was taken out.
const (
	markEmail  = "[redacted e-mail]"
	markCard   = "[redacted card]"
	markSecret = "[redacted secret]"
	markName   = "[redacted name]"
	markPrefix = "[redacted"
)

// Text replaces e-mail addresses, card numbers, API secrets, tokens, passwords, signatures
// and the user information of URLs by marks. Valid JSON stays valid JSON: a bare number becomes a
// mark in quotes. Time is linear in the length, and text with nothing to hide is returned as it is.
func Text(s string) string {
	like := likeJSON(s)
	spans, doubt := scan(s, like)
	switch {
	case len(spans) == 0 && !doubt:
		return s
	case !like || json.Valid([]byte(s)):
		return replaced(s, spans)
	}
	// It only began like JSON. It may be JSON Lines, so each line is looked at for itself.
	var b strings.Builder
	for line := range strings.Lines(s) {
		spans, _ := scan(line, len(line) < len(s) && likeJSON(line) && json.Valid([]byte(line)))
		b.WriteString(replaced(line, spans))
	}
	return b.String()
}

// Bytes is Text for bytes. It returns b itself where there is nothing to hide.
func Bytes(b []byte) []byte {
	s := string(b)
	if t := Text(s); t != s {
		return []byte(t)
	}
	return b
}

// likeJSON says that s begins like a JSON document that may hold something.
func likeJSON(s string) bool {
	s = strings.TrimLeft(s, " \t\r\n")
	return s != "" && strings.IndexByte(`{["0123456789`, s[0]) >= 0
}

// replaced puts the marks in.
func replaced(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 8*len(spans))
	done := 0
	for _, p := range spans {
		b.WriteString(s[done:p.from])
		if p.bare {
			b.WriteString(`"` + p.mark + `"`)
		} else {
			b.WriteString(p.mark)
		}
		done = p.to
	}
	b.WriteString(s[done:])
	return b.String()
}
