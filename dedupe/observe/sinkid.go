package observe

import (
	"bytes"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

const (
	// longestID is the longest text in which an id is looked for.
	longestID = 512
	// mostPieces is how many pieces ("evt", "1") an id inside a longer text may have.
	mostPieces = 8
)

// call is what a sink understood of one request.
type call struct {
	id    string // "" where there is none
	known bool   // the id is one of the plan's
	name  string // of the effect
}

// candidate is a text in a request that may be an id, or hold one.
type candidate struct {
	field string // the header's, parameter's or JSON field's name in lower case; "/" for a part of the path
	text  string
}

// idFinder finds the id that a request speaks of.
type idFinder struct {
	known func(string) bool // may be nil
	event func(string) bool
}

// find looks at the likeliest places first: idempotency key, other headers, path, query,
// body. An event's id anywhere goes before any other known id, and a whole text before a part of one.
func (f idFinder) find(r *http.Request, body []byte) call {
	all := candidates(r, body)
	c := call{}
	if f.known != nil {
		for _, match := range []func(candidate) string{f.whole(f.event), f.part(f.event), f.whole(f.known), f.part(f.known)} {
			if c.id = firstMatch(all, match); c.id != "" {
				c.known = true
				break
			}
		}
	}
	if !c.known {
		c.id = guess(all)
	}
	c.name = effectName(r, c.id)
	return c
}

func firstMatch(all []candidate, match func(candidate) string) string {
	for _, c := range all {
		if id := match(c); id != "" {
			return id
		}
	}
	return ""
}

// whole matches a text that is an id.
func (f idFinder) whole(is func(string) bool) func(candidate) string {
	return func(c candidate) string {
		if is(c.text) && plausible(c, c.text) {
			return c.text
		}
		return ""
	}
}

// part matches a text that holds an id between other characters, such as "charge:evt_1".
func (f idFinder) part(is func(string) bool) func(candidate) string {
	return func(c candidate) string {
		starts, ends := pieces(c.text)
		for length := min(mostPieces, len(starts)); length > 0; length-- {
			for i := 0; i+length <= len(starts); i++ {
				if id := c.text[starts[i]:ends[i+length-1]]; is(id) && plausible(c, id) {
					return id
				}
			}
		}
		return ""
	}
}

// plausible guards against small numbers: an amount of 42 is not the event 42.
func plausible(c candidate, id string) bool {
	if len(id) > 5 || strings.Trim(id, "0123456789") != "" {
		return true
	}
	return len(id) == len(c.text) && (c.field == "/" || likeID(c.field))
}

func likeID(field string) bool {
	for _, end := range []string{"id", "event", "key", "reference", "ref"} {
		if strings.HasSuffix(field, end) {
			return true
		}
	}
	return false
}

// pieces returns where the runs of letters and digits in a text start and end.
func pieces(text string) (starts, ends []int) {
	in := false
	for i, r := range text {
		word := unicode.IsLetter(r) || unicode.IsDigit(r)
		if word && !in {
			starts = append(starts, i)
		}
		if !word && in {
			ends = append(ends, i)
		}
		in = word
	}
	if in {
		ends = append(ends, len(text))
	}
	return starts, ends
}

// guess takes what is called like an id.
func guess(all []candidate) string {
	for _, name := range []string{"idempotency-key", "x-event-id", "event_id", "eventid", "event-id", "event",
		"idempotency_key", "idempotencykey", "id", "key"} {
		for _, c := range all {
			if c.field == name {
				return c.text
			}
		}
	}
	return ""
}

// candidates lists the texts of a request that may be ids, the likeliest first.
func candidates(r *http.Request, body []byte) []candidate {
	var all []candidate
	add := func(field, text string) {
		if text != "" && len(text) <= longestID {
			all = append(all, candidate{strings.ToLower(field), text})
		}
	}
	headerCandidates(r.Header, add)
	parts := strings.Split(r.URL.Path, "/")
	for _, part := range slices.Backward(parts) {
		add("/", part)
	}
	valueCandidates(r.URL.Query(), add)
	bodyCandidates(r.Header.Get("Content-Type"), body, add)
	return all
}

func headerCandidates(h http.Header, add func(field, text string)) {
	first := []string{"Idempotency-Key", "X-Event-Id"}
	for _, name := range first {
		for _, v := range h[name] {
			add(name, v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(h)) {
		switch name {
		case "Authorization", "Proxy-Authorization", "Cookie", "User-Agent", "Content-Length", "Date", first[0], first[1]:
			continue
		}
		for _, v := range h[name] {
			add(name, v)
		}
	}
}

func valueCandidates(values url.Values, add func(field, text string)) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[name] {
			add(name, v)
		}
	}
}

func bodyCandidates(contentType string, body []byte, add func(field, text string)) {
	kind, params, _ := mime.ParseMediaType(contentType)
	switch kind {
	case "application/x-www-form-urlencoded":
		// What cannot be read is left out; the rest may still hold the id.
		values, _ := url.ParseQuery(string(body))
		valueCandidates(values, add)
	case "multipart/form-data":
		multipartCandidates(body, params["boundary"], add)
	default:
		if !jsonCandidates(body, add) && len(body) <= longestID {
			add("", strings.TrimSpace(string(body)))
		}
	}
}

// jsonCandidates walks JSON at any depth, without recursion. It returns false where there is none.
func jsonCandidates(body []byte, add func(field, text string)) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var open []byte // the brackets around the present place
	field, isKey := "", false
	found := false
	for {
		token, err := dec.Token()
		if err != nil {
			return found
		}
		found = true
		inObject := len(open) > 0 && open[len(open)-1] == '{'
		switch t := token.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				open = append(open, byte(t))
			} else {
				open = open[:len(open)-1]
			}
			// A value ended, or an object began: in an object a key comes next.
			isKey = len(open) > 0 && open[len(open)-1] == '{'
			continue
		case string:
			if inObject && isKey {
				field, isKey = t, false
				continue
			}
			add(field, t)
		case json.Number:
			add(field, t.String())
		}
		isKey = inObject
	}
}

// effectName names an effect by the last part of the path that is not the id, and
// by the method unless it is POST: a look-up is then told from the thing itself.
func effectName(r *http.Request, id string) string {
	name := ""
	for _, part := range slices.Backward(strings.Split(r.URL.Path, "/")) {
		if part != "" && part != id && (id == "" || !strings.Contains(part, id)) && len(part) <= longestID {
			name = part
			break
		}
	}
	if r.Method == http.MethodPost {
		return name
	}
	return strings.TrimSpace(r.Method + " " + name)
}
