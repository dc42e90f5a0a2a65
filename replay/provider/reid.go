package provider

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"hookonce/replay"
)

// longEnough is the length from which an id is told apart from an ordinary word or number wherever it stands.
const longEnough = 6

// reID gives an event fresh ids: the key and all further ids in own. Whatever is put together of
// ids (an address, a composed key) follows by itself.
func reID(p Provider, e replay.Event, own []string, fresh func(string) string) (replay.Event, error) {
	ids, err := freshIDs(own, fresh)
	if err != nil {
		return replay.Event{}, err
	}
	header := http.Header{}
	for name, values := range e.Header {
		for _, v := range values {
			header.Add(name, apply([]byte(v), textEdits([]byte(v), 0, ids)))
		}
	}
	now, err := p.Identify(header, []byte(apply(e.Body, edits(e.Body, ids))))
	if err != nil {
		return replay.Event{}, fmt.Errorf("rename %s: %w", e.Key, err)
	}
	if ids[e.Key] == "" { // a composed key
		ids[e.Key] = apply([]byte(e.Key), textEdits([]byte(e.Key), 0, ids))
	}
	return renamed(e, now, ids)
}

// edit replaces the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

func apply(body []byte, edits []edit) string {
	var b strings.Builder
	done := 0
	for _, e := range edits {
		b.Write(body[done:e.start])
		b.WriteString(e.text)
		done = e.end
	}
	b.Write(body[done:])
	return b.String()
}

// edits finds the ids in a body: JSON, or a form.
func edits(body []byte, ids map[string]string) []edit {
	if ValidJSON(body) {
		return jsonEdits(body, ids)
	}
	return formEdits(body, ids)
}

func jsonEdits(body []byte, ids map[string]string) []edit {
	var out []edit
	eachScalar(body, "", func(t token) {
		id, ok := ids[t.value]
		switch {
		case t.key:
		case ok && (len(t.value) >= longEnough || idField(t.name)):
			out = append(out, edit{t.start, t.end, asToken(t, id)})
		case !t.number:
			out = append(out, textEdits(body[t.start+1:t.end-1], t.start+1, ids)...)
		}
	})
	return out
}

func asToken(t token, id string) string {
	if t.number {
		return id
	}
	return string(quoted(id))
}

func idField(name string) bool {
	return name == "id" || name == "number" || strings.HasSuffix(name, "_id")
}

// textEdits finds ids that are parts of a text, such as an address. offset is where the text begins.
func textEdits(text []byte, offset int, ids map[string]string) []edit {
	var out []edit
	for i := 0; i < len(text); {
		end := i
		for end < len(text) && !ends(text, end) {
			end++
		}
		// The longest run of an id's characters that begins here and is an id.
		n := 0
		for id := range ids {
			if len(id) > n && bytes.HasPrefix(text[i:], []byte(id)) && ends(text, i+len(id)) && (len(id) >= longEnough || numbered(text[:i])) {
				n = len(id)
			}
		}
		if n > 0 {
			out = append(out, edit{offset + i, offset + i + n, ids[string(text[i:i+n])]})
			i += n
			continue
		}
		i = end + 1
	}
	return out
}

// ends says that an id could end at i, or begin after it.
func ends(text []byte, i int) bool {
	if i >= len(text) {
		return true
	}
	c := text[i]
	return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
}

// numbered says that a path ends where the number of a thing stands.
func numbered(path []byte) bool {
	for _, s := range []string{"/issues/", "/pull/", "/pulls/", "/discussions/"} {
		if bytes.HasSuffix(path, []byte(s)) {
			return true
		}
	}
	return false
}

// formEdits finds ids in the values of a form, and in JSON that a value holds.
func formEdits(body []byte, ids map[string]string) []edit {
	var out []edit
	for from := 0; from < len(body); {
		to := len(body)
		if n := bytes.IndexByte(body[from:], '&'); n >= 0 {
			to = from + n
		}
		if n := bytes.IndexByte(body[from:to], '='); n >= 0 {
			out = append(out, valueEdits(body, from+n+1, to, ids)...)
		}
		from = to + 1
	}
	return out
}

// valueEdits finds ids in one value of a form, which stands between from and to.
func valueEdits(body []byte, from, to int, ids map[string]string) []edit {
	text, at := unescape(body[from:to])
	var found []edit
	switch {
	case ValidJSON(text) && len(text) > 0 && text[0] == '{':
		found = jsonEdits(text, ids)
	case ids[string(text)] != "":
		found = []edit{{0, len(text), ids[string(text)]}}
	default:
		found = textEdits(text, 0, ids)
	}
	for i, e := range found {
		found[i] = edit{from + at[e.start], from + at[e.end], url.QueryEscape(e.text)}
	}
	return found
}

// unescape decodes a form's value and says where each of its bytes, and its end, stood.
func unescape(value []byte) (text []byte, at []int) {
	for i := 0; i < len(value); i++ {
		at = append(at, i)
		switch c := value[i]; {
		case c == '+':
			text = append(text, ' ')
		case c == '%' && i+2 < len(value):
			b, err := url.PathUnescape(string(value[i : i+3]))
			if err != nil {
				text = append(text, c)
				continue
			}
			text = append(text, b...)
			i += 2
		default:
			text = append(text, c)
		}
	}
	return text, append(at, len(value))
}
