package provider

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/tidwall/gjson"
)

// deepest is how deeply encoding/json lets values be nested.
const deepest = 10_000

// ValidJSON is json.Valid, several times faster. Like it, it bounds the nesting, which the faster of two libraries leaves to its caller: it is
// asked where no more brackets are opened than may lie in one another.
func ValidJSON(body []byte) bool {
	if bytes.Count(body, []byte{'['})+bytes.Count(body, []byte{'{'}) <= deepest {
		return gjson.ValidBytes(body)
	}
	return jsontext.Value(body).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
