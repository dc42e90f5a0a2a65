// Package redact takes secrets and personal data out of text, and makes hostile
// text safe for a screen. It is pure: it never reads the environment and never
// keeps what it saw.
package redact

import (
	"net/url"
	"regexp"
	"strings"
)

// What stands for what was taken out.
const (
	markEmail  = "[redacted e-mail]"
	markCard   = "[redacted card]"
	markSecret = "[redacted secret]"
)

var (
	email  = regexp.MustCompile(`[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}`)
	card   = regexp.MustCompile(`\b\d(?:[ -]?\d){12,18}\b`)
	secret = regexp.MustCompile(`\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}|\bwhsec_[A-Za-z0-9+/=_-]{8,}`)
	bearer = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}`)
	assign = regexp.MustCompile(`(?i)\b(password|passwd|secret|api[_-]?key|access[_-]?token|client[_-]?secret)("?\s*[=:]\s*"?)([^\s"',;&}]{3,})`)
	inURL  = regexp.MustCompile(`([a-z][a-z0-9+.-]*://)[^/\s@"']+@`)
)

// Text replaces e-mail addresses, card numbers, API secrets, tokens and passwords by
// marks. JSON stays JSON: only parts of strings change, and bare numbers become a string's worth of digits' mark.
func Text(s string) string {
	if strings.ContainsRune(s, '@') {
		s = inURL.ReplaceAllString(s, "${1}"+markSecret+"@")
		s = email.ReplaceAllString(s, markEmail)
	}
	if strings.Contains(s, "_") {
		s = secret.ReplaceAllString(s, markSecret)
	}
	s = bearer.ReplaceAllString(s, "$1 "+markSecret)
	s = assign.ReplaceAllStringFunc(s, hideAssigned)
	return cards(s)
}

func hideAssigned(m string) string {
	parts := assign.FindStringSubmatch(m)
	// A JSON number or word after a colon would no longer be JSON with a mark in its place.
	if strings.HasSuffix(strings.TrimSpace(parts[2]), ":") && strings.Contains(parts[2], `"`) {
		switch v := parts[3]; {
		case v == "null", v == "true", v == "false", strings.Trim(v, "0123456789.-") == "", strings.HasPrefix(v, "["), strings.HasPrefix(v, "{"):
			return m
		}
	}
	if strings.HasPrefix(parts[3], "[redacted") || strings.HasPrefix(parts[3], "$") {
		return m
	}
	return parts[1] + parts[2] + markSecret
}

// cards replaces what passes the check every card number passes. A bare JSON number becomes zeros, so that JSON stays JSON.
func cards(s string) string {
	where := card.FindAllStringIndex(s, -1)
	if where == nil {
		return s
	}
	var b strings.Builder
	last := 0
	for _, w := range where {
		if !luhn(s[w[0]:w[1]]) {
			continue
		}
		b.WriteString(s[last:w[0]])
		if bareNumber(s, w[0], w[1]) {
			b.WriteString("0")
		} else {
			b.WriteString(markCard)
		}
		last = w[1]
	}
	b.WriteString(s[last:])
	return b.String()
}

func bareNumber(s string, from, to int) bool {
	before := strings.TrimRight(s[:from], " \t\r\n")
	after := strings.TrimLeft(s[to:], " \t\r\n")
	return (strings.HasSuffix(before, ":") || strings.HasSuffix(before, ",") || strings.HasSuffix(before, "[")) &&
		(after == "" || strings.ContainsAny(after[:1], ",}]"))
}

// luhn is the check digit rule of card numbers.
func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < '0' || s[i] > '9' {
			continue
		}
		d := int(s[i] - '0')
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	return n >= 13 && n <= 19 && sum%10 == 0 && s[0] != '0'
}

var secretParam = regexp.MustCompile(`(?i)secret|token|key|password|signature|auth`)

// URL strips user information and the values of query parameters that look secret.
// What is not a URL is returned redacted as text.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return Text(raw)
	}
	u.User = nil
	q := u.Query()
	hidden := false
	for name := range q {
		if secretParam.MatchString(name) {
			q.Set(name, "redacted")
			hidden = true
		}
	}
	if hidden {
		u.RawQuery = q.Encode()
	}
	return u.String()
}
