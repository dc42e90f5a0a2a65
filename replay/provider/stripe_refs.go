package provider

import (
	"strings"

	"github.com/tidwall/gjson"
)

// stripeRefs lists the ids in the payload an endpoint may count by, in the order in which they stand there. text must be valid JSON, and
// request its field of that name.
func stripeRefs(text string, request gjson.Result, key, subject string) []string {
	if list, ok := quickRefs(text, request, key, subject); ok {
		return list
	}
	return walkRefs(text, key, subject)
}

// walkRefs does what eachString would do with less to tell.
func walkRefs(text string, key, subject string) []string {
	var room [32]frame
	found := refs{key: key, subject: subject}
	stack, top := room[:0], ""
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '{', '[':
			stack = append(stack, nested(stack, c == '{', freeField))
		case '}', ']':
			stack = stack[:len(stack)-1]
		case ',':
			if f := &stack[len(stack)-1]; f.object {
				f.wantKey = true
			}
		case '"':
			end, plain := textEnd(text, i)
			raw := text[i:end]
			i = end - 1
			if len(stack) == 0 {
				continue
			}
			f := &stack[len(stack)-1]
			switch {
			case f.wantKey:
				f.name, f.wantKey = decodedText(raw, plain), false
				if len(stack) == 1 {
					top = f.name
				}
			case !f.free && f.name != freeField && top != "request" && mayBeID(raw, plain):
				found.add(decodedText(raw, plain), f.name)
			}
		}
	}
	return found.list
}

// textEnd is the end of the JSON string that begins at i, and whether nothing in it is escaped.
func textEnd(text string, i int) (end int, plain bool) {
	plain = true
	for end = i + 1; end < len(text) && text[end] != '"'; end++ {
		if text[end] == '\\' {
			plain = false
			end++
		}
	}
	return min(end+1, len(text)), plain
}

func decodedText(quoted string, plain bool) string {
	if plain {
		return quoted[1 : len(quoted)-1]
	}
	return decoded(quoted)
}

// mayBeID leaves out what no id begins or ends with, written as it is or escaped.
func mayBeID(quoted string, plain bool) bool {
	const shortest = len(`"aa_aaaa"`)
	if len(quoted) < shortest {
		return false
	}
	first, last := quoted[1], quoted[len(quoted)-2]
	return (first >= 'a' && first <= 'z' || first == '\\') && (last >= '0' && last <= '9' || last >= 'a' && last <= 'z' || last >= 'A' && last <= 'Z') &&
		(!plain || strings.IndexByte(quoted, '_') > 0) && strings.IndexByte(quoted, ' ') < 0
}

// refs collects ids that are neither the event's nor its subject's, each once.
type refs struct {
	key, subject string
	list         []string
	seen         map[string]bool
}

// add takes a value of a field, if it is such an id.
func (r *refs) add(value, field string) {
	prefix, _, strong := stripeID(value)
	if !stripeRefPrefix(prefix) || !strong && field != "id" && !stripeRefField(field) || value == r.key || value == r.subject || r.seen[value] {
		return
	}
	if r.seen == nil {
		r.seen = map[string]bool{}
	}
	r.seen[value] = true
	r.list = append(r.list, value)
}
