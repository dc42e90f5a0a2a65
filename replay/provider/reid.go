package provider

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// longEnough is the length from which an id is told apart from an ordinary word wherever it stands.
const longEnough = 6

// renaming is how an event's ids are replaced.
type renaming struct {
	ids map[string]string // the new ones, by the old ones
	// places are where ids stand for certain: paths in the body, or "header: NAME". Short ids, and numbers, are common elsewhere.
	places []string
}

// reID gives an event fresh ids: the key and all further ids in own, which stand at places. Whatever is put together of
// ids (an address, a composed key) follows by itself.
func reID(p Provider, e replay.Event, own, places []string, fresh func(string) string) (replay.Event, error) {
	ids, err := freshIDs(own, fresh)
	if err != nil {
		return replay.Event{}, err
	}
	r := renaming{ids, places}
	now, err := p.Identify(r.header(e.Header), []byte(apply(e.Body, r.edits(e.Body))))
	if err != nil {
		return replay.Event{}, fmt.Errorf("rename %s: %w", e.Key, err)
	}
	if ids[e.Key] == "" { // a composed key
		ids[e.Key] = now.Key
	}
	return renamed(e, now, ids)
}

func (r renaming) header(old http.Header) http.Header {
	now := http.Header{}
	for name, values := range old {
		certain := slices.ContainsFunc(r.places, func(place string) bool {
			header, ok := headerName(place)
			return ok && strings.EqualFold(header, name)
		})
		for _, v := range values {
			if id := r.ids[v]; certain && id != "" {
				now.Add(name, id)
				continue
			}
			now.Add(name, apply([]byte(v), textEdits([]byte(v), 0, r.ids)))
		}
	}
	return now
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
func (r renaming) edits(body []byte) []edit {
	if ValidJSON(body) {
		return r.jsonEdits(body)
	}
	return r.formEdits(body)
}

func (r renaming) jsonEdits(body []byte) []edit {
	var out []edit
	certain := r.starts(body)
	eachScalar(body, "", func(t token) {
		id, ok := r.ids[t.value]
		switch {
		case t.key:
		case ok && (certain[t.start] || len(t.value) >= longEnough && (!t.number || idField(t.name))):
			out = append(out, edit{t.start, t.end, asToken(t, id)})
		case !t.number:
			out = append(out, textEdits(body[t.start+1:t.end-1], t.start+1, r.ids)...)
		}
	})
	return out
}

// starts are where the values begin that stand at the places. Ids that are found everywhere need no places.
func (r renaming) starts(body []byte) map[int]bool {
	uncommon := true
	for id := range r.ids {
		uncommon = uncommon && len(id) >= longEnough && strings.Trim(id, "+-.0123456789Ee") != ""
	}
	if uncommon {
		return nil
	}
	out := map[int]bool{}
	for _, place := range r.places {
		if _, isHeader := headerName(place); !isHeader && place != "" {
			out[gjson.GetBytes(body, place).Index] = true
		}
	}
	return out
}

func asToken(t token, id string) string {
	if t.number {
		return id
	}
	return string(quoted(id))
}

// idField says that a field is named as one that holds an id, or several. In any other a number may be an amount.
func idField(name string) bool {
	name = strings.TrimSuffix(name, "s")
	return name == "id" || strings.HasSuffix(name, "_id") || strings.HasSuffix(name, "Id") || strings.HasSuffix(name, "ID")
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
func (r renaming) formEdits(body []byte) []edit {
	var out []edit
	for from := 0; from < len(body); {
		to := len(body)
		if n := bytes.IndexByte(body[from:], '&'); n >= 0 {
			to = from + n
		}
		if n := bytes.IndexByte(body[from:to], '='); n >= 0 {
			out = append(out, r.valueEdits(body, from+n+1, to)...)
		}
		from = to + 1
	}
	return out
}

// valueEdits finds ids in one value of a form, which stands between from and to.
func (r renaming) valueEdits(body []byte, from, to int) []edit {
	text, at := unescape(body[from:to])
	var found []edit
	switch {
	case ValidJSON(text) && len(text) > 0 && text[0] == '{':
		found = r.jsonEdits(text)
	case r.ids[string(text)] != "":
		found = []edit{{0, len(text), r.ids[string(text)]}}
	default:
		found = textEdits(text, 0, r.ids)
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
