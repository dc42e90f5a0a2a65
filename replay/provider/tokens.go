package provider

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// token is one JSON string or number in a body.
type token struct {
	start, end int    // its bytes in the body, quotes included
	value      string // decoded; a number's digits as they stand
	number     bool
	key        bool   // it names a field
	name       string // the field it is the value of; in an array, the field that holds the array
	top        string // the top-level field it lies in
	free       bool   // it lies in a field whose content the user chose
}

// frame is an object or array that the walk is inside of.
type frame struct {
	object  bool
	wantKey bool   // the next string names a field
	name    string // object: the current field; array: the field that holds it
	free    bool
}

// eachString visits every JSON string of body, in order. body must be valid JSON.
// Fields named freeField, and all below them, are marked free.
func eachString(body []byte, freeField string, visit func(token)) {
	eachScalar(body, freeField, func(t token) {
		if !t.number {
			visit(t)
		}
	})
}

// eachScalar visits the numbers, too.
func eachScalar(body []byte, freeField string, visit func(token)) {
	var stack []frame
	text, top := string(body), "" // one copy, of which the values are parts
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{', '[':
			stack = append(stack, nested(stack, body[i] == '{', freeField))
		case '}', ']':
			stack = stack[:len(stack)-1]
		case ',':
			if f := &stack[len(stack)-1]; f.object {
				f.wantKey = true
			}
		case '"':
			t := token{start: i, end: stringEnd(body, i), top: top}
			t.value = decoded(text[t.start:t.end])
			place(&t, stack, freeField)
			if t.key && len(stack) == 1 {
				top, t.top = t.value, t.value
			}
			visit(t)
			i = t.end - 1
		case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
			t := token{start: i, end: numberEnd(body, i), top: top, number: true}
			t.value = text[t.start:t.end]
			place(&t, stack, freeField)
			visit(t)
			i = t.end - 1
		}
	}
}

func numberEnd(body []byte, i int) int {
	for i < len(body) && strings.IndexByte("+-.0123456789Ee", body[i]) >= 0 {
		i++
	}
	return i
}

func nested(stack []frame, object bool, freeField string) frame {
	f := frame{object: object, wantKey: object}
	if len(stack) > 0 {
		parent := stack[len(stack)-1]
		f.free = parent.free || parent.name == freeField
		if !object {
			f.name = parent.name
		}
	}
	return f
}

// place says where in its object or array the string stands, and moves that on.
func place(t *token, stack []frame, freeField string) {
	if len(stack) == 0 {
		return
	}
	f := &stack[len(stack)-1]
	t.key = f.wantKey
	t.free = f.free || !t.key && f.name == freeField
	if t.key {
		f.name, f.wantKey = t.value, false
		return
	}
	t.name = f.name
}

// stringEnd returns the index after the closing quote of the string that opens at i.
func stringEnd(body []byte, i int) int {
	for i++; i < len(body); i++ {
		n := bytes.IndexByte(body[i:], '"')
		if n < 0 {
			break
		}
		escaped := bytes.IndexByte(body[i:i+n], '\\')
		if escaped < 0 {
			return i + n + 1
		}
		i += escaped + 1
	}
	return len(body)
}

func decoded(quoted string) string {
	if strings.IndexByte(quoted, '\\') < 0 {
		return quoted[1 : len(quoted)-1]
	}
	value, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil && !utf8.ValidString(quoted) {
		var s string
		_ = json.Unmarshal([]byte(quoted), &s) // it is valid but for its bytes, which become U+FFFD
		return s
	}
	return string(value)
}

// quoted is s as a JSON string, with nothing escaped that need not be.
func quoted(s string) []byte {
	plain := true
	for i := range len(s) {
		plain = plain && s[i] >= ' ' && s[i] < 0x7f && s[i] != '"' && s[i] != '\\'
	}
	if plain {
		return []byte(`"` + s + `"`)
	}
	b, _ := json.Marshal(s) // a string always encodes
	return b
}
