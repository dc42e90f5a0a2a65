package provider

import (
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// quickRefs finds what walkRefs does without a walk, because every fixture is looked through when it is loaded: from one underscore to
// the next. It leaves alone what only a walk can tell: ids written with escapes, and those that only their field makes one.
func quickRefs(text string, request gjson.Result, key, subject string) (list []string, ok bool) {
	if strings.Contains(text, `\u00`) {
		return nil, false
	}
	found, chosen := refs{key: key, subject: subject}, []span(nil)
	for at := next(text, 0, '_'); at < len(text); at = next(text, at, '_') {
		from, to := wordAround(text, at)
		at = to
		if !isString(text, from, to) || isKey(text[to+1:]) {
			continue
		}
		value := text[from:to]
		prefix, _, strong := stripeID(value)
		if !stripeRefPrefix(prefix) || value == key || value == subject {
			continue
		}
		if chosen == nil {
			chosen = notIDs(text, request)
		}
		if slices.ContainsFunc(chosen, func(s span) bool { return s.from <= from && to <= s.to }) {
			continue
		}
		if !strong {
			return nil, false
		}
		found.add(value, "")
	}
	return found.list, true
}

// next is where c stands from at on; the end of the text where it doesn't.
func next(text string, at int, c byte) int {
	if n := strings.IndexByte(text[at:], c); n >= 0 {
		return at + n
	}
	return len(text)
}

// wordAround is the longest run around at of what ids are made of.
func wordAround(text string, at int) (from, to int) {
	for from = at; from > 0 && inID(text[from-1]); from-- {
	}
	for to = at; to < len(text) && inID(text[to]); to++ {
	}
	return from, to
}

func inID(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c >= 'A' && c <= 'Z'
}

// isString says that the bytes are all of a JSON string. An escaped quote opens none.
func isString(text string, from, to int) bool {
	return from > 0 && text[from-1] == '"' && (from == 1 || text[from-2] != '\\') && to < len(text) && text[to] == '"'
}

// isKey says that the JSON string that ended before rest names a field.
func isKey(rest string) bool {
	if rest == "" || rest[0] > ' ' { // as almost everywhere
		return strings.HasPrefix(rest, ":")
	}
	return strings.HasPrefix(strings.TrimLeft(rest, jsonBlank), ":")
}

const jsonBlank = " \t\r\n"

// span is a part of a text.
type span struct{ from, to int }

// notIDs are the parts of an event whose strings are no ids: what the merchant chose, and the request that caused it. There is at least one.
func notIDs(text string, request gjson.Result) []span {
	const name = `"` + freeField + `"`
	parts := []span{{request.Index, request.Index + len(request.Raw)}}
	for at := 0; ; {
		n := strings.Index(text[at:], name)
		if n < 0 {
			return parts
		}
		at += n + len(name)
		if before := at - len(name) - 1; before >= 0 && text[before] == '\\' || !isKey(text[at:]) {
			continue
		}
		from := next(text, at, ':') + 1
		from = len(text) - len(strings.TrimLeft(text[from:], jsonBlank))
		parts = append(parts, span{from, valueEnd(text, from)})
	}
}

// valueEnd is the end of the JSON string, object or array that begins at i; for other values, whose bytes are no strings, it is i.
func valueEnd(text string, i int) int {
	for depth := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case '"':
			end, _ := textEnd(text, i)
			i = end - 1
		}
		if depth <= 0 {
			return i + 1
		}
	}
	return len(text)
}
