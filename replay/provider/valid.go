package provider

import "github.com/go-json-experiment/json/jsontext"

// validJSON is json.Valid, several times faster. Like it, it bounds the nesting.
func validJSON(body []byte) bool {
	return jsontext.Value(body).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
