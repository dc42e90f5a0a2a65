package dedupe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// RawKey is the SHA-256 of the body's bytes, in hex: an idempotency key for a
// provider that sends no id. Its limits: a provider that writes the same event with other spacing, another order
// of fields or a new time stamp makes a new key of it (processed twice), and two
// genuine events with equal bytes are one (the second is lost).
func RawKey(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// CanonicalKey is the SHA-256 of the body's canonical form (see Canonical): the same for every
// spacing and order of fields. A changing time stamp still makes a new key, and twins with equal content are still one.
func CanonicalKey(body []byte) (string, error) {
	c, err := Canonical(body)
	if err != nil {
		return "", err
	}
	return RawKey(c), nil
}

// Canonical is the JSON text in the form of RFC 8785, but for one thing: a
// number without fraction and exponent keeps its digits. RFC 8785 makes a double of every
// number, so that 9007199254740992 and 9007199254740993 would be one, and with them two events.
// Numbers with a fraction or an exponent do become doubles and differ in 17 significant digits at most; an integer
// that is written as 1e3 or 1000.0 becomes 1000. Duplicate names are errors,
// as the RFC wants. Invalid UTF-8 and halves of a surrogate pair, which some senders cut a text into, are none: each
// becomes U+FFFD, so that texts which differ in them alone are one.
func Canonical(body []byte) ([]byte, error) {
	v := jsontext.Value(bytes.Clone(body))
	if err := v.Canonicalize(jsontext.CanonicalizeRawInts(false), jsontext.AllowInvalidUTF8(true)); err != nil {
		return nil, fmt.Errorf("%w: body: %w", ErrInvalid, err)
	}
	return v, nil
}

// Fingerprint is the SHA-256 of the body's canonical form without the volatile fields, in
// hex. Fields that change between deliveries of one event (a count of pending webhooks, the time of sending)
// must be named, or a redelivery reads as another payload. A field is a dotted path, in which *
// stands for any name or list entry: "notificationItems.*.NotificationRequestItem.eventDate". Where there are
// any, the last of duplicate names counts, as for most readers. A body that has no canonical form is taken byte for byte.
func Fingerprint(body []byte, volatile ...string) string {
	c, err := Canonical(without(body, volatile))
	if err != nil {
		return RawKey(body)
	}
	return RawKey(c)
}

// without drops fields from a JSON text; what is not one stays as it is.
func without(body []byte, paths []string) []byte {
	if len(paths) == 0 {
		return body
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // digits stay digits
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return body
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) { // something follows
		return body
	}
	for _, p := range paths {
		drop(doc, strings.Split(p, "."))
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return body
	}
	return text
}

func drop(doc any, path []string) {
	name, rest := path[0], path[1:]
	switch v := doc.(type) {
	case map[string]any:
		for key, child := range v {
			switch {
			case key != name && name != "*":
			case len(rest) == 0:
				delete(v, key)
			default:
				drop(child, rest)
			}
		}
	case []any:
		if name != "*" || len(rest) == 0 {
			return
		}
		for _, child := range v {
			drop(child, rest)
		}
	}
}
