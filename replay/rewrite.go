package replay

import (
	"slices"
	"strconv"

	"github.com/tidwall/gjson"
)

// Rewrite says how a delivery's body differs in its bytes, and not in what it says, from the
// event's own. It is applied before the delivery is signed.
type Rewrite string

// The ways to write the same JSON.
const (
	RewriteNone    Rewrite = ""
	RewriteOrder   Rewrite = "field-order" // the members of every object in reverse
	RewriteSpacing Rewrite = "spacing"     // a line break and a space where JSON allows them
	RewriteEscapes Rewrite = "escapes"     // a character of every string value as \u00XX
	RewriteNumbers Rewrite = "numbers"     // 100 as 100.0
)

// Rewrites lists the ways to write the same JSON.
func Rewrites() []Rewrite {
	return []Rewrite{RewriteOrder, RewriteSpacing, RewriteEscapes, RewriteNumbers}
}

// Apply returns the body as the delivery sends it. A body that is no JSON object or array stays as it is.
func (r Rewrite) Apply(body []byte) []byte {
	if r == RewriteNone || !gjson.ValidBytes(body) {
		return body
	}
	v := gjson.ParseBytes(body)
	if !v.IsObject() && !v.IsArray() {
		return body
	}
	return r.write(make([]byte, 0, len(body)+len(body)/4), v)
}

func (r Rewrite) write(b []byte, v gjson.Result) []byte {
	switch {
	case v.IsObject():
		return r.container(b, '{', '}', members(v))
	case v.IsArray():
		return r.container(b, '[', ']', members(v))
	case v.Type == gjson.String && r == RewriteEscapes:
		return escapeFirst(b, v.Raw)
	case v.Type == gjson.Number && r == RewriteNumbers && plainInteger(v.Raw):
		return append(append(b, v.Raw...), ".0"...)
	}
	return append(b, v.Raw...)
}

// member is one value of an object or array; its name is empty in an array.
type member struct {
	name  string
	value gjson.Result
}

func members(v gjson.Result) (out []member) {
	v.ForEach(func(name, value gjson.Result) bool {
		out = append(out, member{name.Raw, value})
		return true
	})
	return out
}

func (r Rewrite) container(b []byte, begin, end byte, of []member) []byte {
	if r == RewriteOrder && begin == '{' {
		slices.Reverse(of)
	}
	b = append(b, begin)
	for i, m := range of {
		if i > 0 {
			b = append(b, ',')
		}
		if r == RewriteSpacing {
			b = append(b, "\n "...)
		}
		if begin == '{' {
			b = append(append(b, m.name...), ':')
		}
		b = r.write(b, m.value)
	}
	return append(b, end)
}

// escapeFirst writes the first character of a JSON string as an escape, where it is a plain ASCII one.
func escapeFirst(b []byte, raw string) []byte {
	if len(raw) < 3 || raw[1] == '\\' || raw[1] >= 0x80 {
		return append(b, raw...)
	}
	b = append(b, `"\u00`...)
	b = append(b, strconv.FormatUint(uint64(raw[1])+0x100, 16)[1:]...)
	return append(b, raw[2:]...)
}

// plainInteger says that a number is an integer that a float holds exactly: others stay as they are.
func plainInteger(raw string) bool {
	_, err := strconv.ParseInt(raw, 10, 64)
	return err == nil && len(raw) <= 15 && raw != "-0"
}
