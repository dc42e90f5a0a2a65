package dedupe

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
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
// that is written as 1e3 or 1000.0 becomes 1000. Duplicate names and invalid UTF-8 are errors, as the RFC wants.
func Canonical(body []byte) ([]byte, error) {
	v := jsontext.Value(bytes.Clone(body))
	if err := v.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return nil, fmt.Errorf("%w: body: %w", ErrInvalid, err)
	}
	return v, nil
}

// Fingerprint is the SHA-256 of the body's canonical form without the volatile fields, in
// hex. Fields that change between deliveries of one event (a count of pending webhooks, the time of sending)
// must be named, or a redelivery reads as another payload. A field is a dotted path, in which *
// stands for any name or list entry: "notificationItems.*.NotificationRequestItem.eventDate". A body
// that is not JSON is taken byte for byte.
func Fingerprint(body []byte, volatile ...string) string {
	c, err := Canonical(body)
	if err != nil {
		return RawKey(body)
	}
	if len(volatile) == 0 {
		return RawKey(c)
	}
	return RawKey(without(c, volatile))
}

// without drops fields from canonical JSON; what is left is canonical again.
func without(canonical []byte, paths []string) []byte {
	dec := json.NewDecoder(bytes.NewReader(canonical))
	dec.UseNumber() // digits stay digits
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return canonical
	}
	for _, p := range paths {
		drop(doc, strings.Split(p, "."))
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return canonical
	}
	if text, err = Canonical(text); err != nil {
		return canonical
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
