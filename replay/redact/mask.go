package redact

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Masker replaces secrets, card numbers, e-mail addresses and the names of people by
// something of the same form, so that a recorded webhook still is one: JSON stays JSON of the same types, a card number a
// card number (a test one), an address an address. It is safe for concurrent use.
type Masker struct {
	// Key makes the addresses that stand for addresses: the same one for the same address, and nobody
	// without the key can tell for whose.
	Key []byte
}

// Mask masks a text. Nothing is hidden that keep, which may be nil, claims: what identifies an event has to stay.
func (m Masker) Mask(s string, keep func(string) bool) string {
	spans := textSpans(s)
	if likeJSON(s) && json.Valid([]byte(s)) {
		spans = merged(spans, nameSpans(s))
	}
	var b strings.Builder
	done := 0
	for _, p := range spans {
		text := s[p.from:p.to]
		if keep != nil && p.mark != markEmail && keep(text) {
			continue
		}
		b.WriteString(s[done:p.from])
		b.WriteString(m.masked(p, text))
		done = p.to
	}
	if done == 0 {
		return s
	}
	b.WriteString(s[done:])
	return b.String()
}

// MaskForm masks the values of a form body, JSON in them included. All other bytes stay as they are.
func (m Masker) MaskForm(s string, keep func(string) bool) string {
	pairs := strings.Split(s, "&")
	for i, pair := range pairs {
		name, raw, found := strings.Cut(pair, "=")
		value, err := url.QueryUnescape(raw)
		if !found || err != nil {
			continue
		}
		plain, err := url.QueryUnescape(name)
		if err != nil {
			plain = name
		}
		masked := m.Mask(value, keep)
		switch {
		case alwaysName(plain) && value != "":
			masked = concealed(value, false)
		case sensitive(plain) != harmless && sensitive(plain) < signature && (keep == nil || !keep(value)):
			masked = concealed(value, false)
		}
		if masked != value {
			pairs[i] = name + "=" + url.QueryEscape(masked)
		}
	}
	return strings.Join(pairs, "&")
}

// textSpans finds what Text would hide.
func textSpans(s string) []span {
	like := likeJSON(s)
	spans, doubt := scan(s, like)
	if !like || !doubt && len(spans) == 0 || json.Valid([]byte(s)) {
		return spans
	}
	spans, from := nil, 0
	for line := range strings.Lines(s) {
		part, _ := scan(line, len(line) < len(s) && likeJSON(line) && json.Valid([]byte(line)))
		for _, p := range part {
			p.from, p.to = p.from+from, p.to+from
			spans = append(spans, p)
		}
		from += len(line)
	}
	return spans
}

// merged puts two lists in one order; where two overlap, the one that begins first stays.
func merged(a, b []span) []span {
	all := append(slices.Clone(a), b...)
	slices.SortStableFunc(all, func(x, y span) int { return x.from - y.from })
	end := 0
	return slices.DeleteFunc(all, func(p span) bool {
		over := p.from < end
		if !over {
			end = p.to
		}
		return over
	})
}

func (m Masker) masked(p span, text string) string {
	switch p.mark {
	case markEmail:
		return m.address(text)
	case markCard:
		return testCard(text)
	}
	return concealed(text, p.bare)
}

// address is the address that stands for another, with the @ written as it was.
func (m Masker) address(text string) string {
	at, sign := strings.LastIndexByte(text, '@'), "@"
	for _, s := range []string{"%40", `\u0040`} {
		if i := strings.LastIndex(text, s); i >= 0 && at < 0 {
			at, sign = i, s
		}
	}
	mac := hmac.New(sha256.New, m.Key)
	mac.Write([]byte(strings.ToLower(text[:max(at, 0)] + "@" + text[min(len(text), at+len(sign)):])))
	return "user-" + hex.EncodeToString(mac.Sum(nil)[:6]) + sign + "example.com"
}

// testCard is a number that card providers give out for tests, grouped like text.
func testCard(text string) string {
	digits := 0
	for i := range len(text) {
		if classes[text[i]] == digit {
			digits++
		}
	}
	number := map[int]string{13: "4222222222222", 14: "30569309025904", 15: "378282246310005", 16: "4242424242424242"}[digits]
	if number == "" {
		number = "4" + strings.Repeat("0", max(digits-1, 0))
	}
	out, n := []byte(text), 0
	for i := range out {
		if classes[out[i]] == digit {
			out[i] = number[n]
			n++
		}
	}
	return string(out)
}

// concealed keeps a text's length and form: letters become x, digits 0 (or 1, in a JSON number), and what
// begins a kind of secret (whsec_) stays.
func concealed(text string, number bool) string {
	zero := byte('0')
	if number {
		zero = '1'
	}
	out := make([]byte, 0, len(text))
	for _, t := range tokenPrefixes {
		if strings.HasPrefix(text, t.prefix) {
			out = append(out, t.prefix...)
			break
		}
	}
	for i := len(out); i < len(text); {
		switch c := text[i]; {
		case c == '\\':
			out = append(out, 'x')
			i += escapeLen(text[i:])
			continue
		case c >= 'A' && c <= 'Z' && !number:
			out = append(out, 'X')
		case c >= 0xc0, classes[c] == letter && !number:
			out = append(out, 'x')
		case c >= 0x80: // the rest of a rune
		case classes[c] == digit:
			out = append(out, zero)
		default:
			out = append(out, c)
		}
		i++
	}
	return string(out)
}
