package provider

import (
	"strings"
	"unsafe"

	"github.com/tidwall/gjson"
)

// view is the body as a string, without a copy: a gigabyte of fixtures is looked at several times. The string is the
// body's memory, so nobody may keep parts of it for longer than the body stays as it is.
func view(body []byte) string { return unsafe.String(unsafe.SliceData(body), len(body)) }

// topFields finds fields of the object that text is, in one pass. Of several with one name the first counts.
func topFields(text string, names ...string) []gjson.Result {
	found := make([]gjson.Result, len(names))
	doc := gjson.Parse(text)
	if !doc.IsObject() {
		return found
	}
	left := len(names)
	doc.ForEach(func(name, v gjson.Result) bool {
		for i, wanted := range names {
			if name.Str == wanted && !found[i].Exists() {
				found[i] = v
				left--
			}
		}
		return left > 0
	})
	return found
}

// objectIn finds the field called name of an object, as Get does, for callers that go on to look into it. Where it is an
// object and stands first, as in all that Stripe sends, its end isn't looked for: the Raw of the answer then runs on to
// the end of the one around it.
func objectIn(around gjson.Result, name string) gjson.Result {
	const space = " \t\r\n"
	rest, ok := strings.CutPrefix(strings.TrimLeft(around.Raw, space), "{")
	if ok {
		rest, ok = strings.CutPrefix(strings.TrimLeft(rest, space), `"`+name+`"`)
	}
	if ok {
		rest, ok = strings.CutPrefix(strings.TrimLeft(rest, space), ":")
	}
	if rest = strings.TrimLeft(rest, space); !ok || !strings.HasPrefix(rest, "{") {
		return around.Get(name)
	}
	return gjson.Parse(rest)
}
