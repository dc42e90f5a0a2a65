package provider

import (
	"bytes"

	"github.com/tidwall/gjson"
)

// setText sets object.field, or the same in the object at parent, to a text. All other bytes stay as they
// are; what is not there is added in front.
func setText(body []byte, parent, object, field, value string) []byte {
	path := object
	if parent != "" {
		path = parent + "." + object
	}
	if f := gjson.GetBytes(body, path+"."+field); f.Exists() {
		return splice(body, f.Index, f.Index+len(f.Raw), quoted(value))
	}
	member := append(append(quoted(field), ':'), quoted(value)...)
	if o := gjson.GetBytes(body, path); o.IsObject() {
		return insert(body, o.Index, member)
	}
	at := bytes.IndexByte(body, '{')
	if parent != "" {
		at = gjson.GetBytes(body, parent).Index
	}
	return insert(body, at, bytes.Join([][]byte{quoted(object), []byte(":{"), member, []byte("}")}, nil))
}

// insert adds a member in front of the others of the object that begins at at.
func insert(body []byte, at int, member []byte) []byte {
	if rest := bytes.TrimLeft(body[at+1:], " \t\r\n"); len(rest) > 0 && rest[0] != '}' {
		member = append(member, ',')
	}
	return splice(body, at+1, at+1, member)
}

func splice(body []byte, from, to int, text []byte) []byte {
	return bytes.Join([][]byte{body[:from], text, body[to:]}, nil)
}
