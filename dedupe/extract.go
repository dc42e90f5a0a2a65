package dedupe

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/tidwall/gjson"
)

// Extract takes one text out of a request, given its whole body. It must not read r.Body.
type Extract func(r *http.Request, body []byte) (string, error)

// Fixed is the same text for every request.
func Fixed(text string) Extract {
	return func(*http.Request, []byte) (string, error) { return text, nil }
}

// Header is a request header's value; without it, the extraction fails.
func Header(name string) Extract {
	return func(r *http.Request, _ []byte) (string, error) {
		if v := r.Header.Get(name); v != "" {
			return v, nil
		}
		return "", fmt.Errorf("no %s header", name)
	}
}

// JSON is the text at a gjson path of the body ("data.object.id"); without it, the extraction
// fails. A number is taken digit for digit, and never through a float.
func JSON(path string) Extract {
	return func(_ *http.Request, body []byte) (string, error) {
		if !gjson.ValidBytes(body) {
			return "", errors.New("the body is not JSON")
		}
		v := gjson.GetBytes(body, path)
		switch {
		case v.Type == gjson.String && v.Str != "":
			return v.Str, nil
		case v.Type == gjson.Number:
			return v.Raw, nil
		}
		return "", fmt.Errorf("no text or number at %s", path)
	}
}

// Optional makes an Extract that fails give the empty text instead.
func Optional(x Extract) Extract {
	return func(r *http.Request, body []byte) (string, error) {
		text, err := x(r, body)
		if err != nil {
			return "", nil
		}
		return text, nil
	}
}

// RawHash is RawKey of the body, for providers that send no id.
func RawHash() Extract {
	return func(_ *http.Request, body []byte) (string, error) { return RawKey(body), nil }
}

// CanonicalHash is CanonicalKey of the body, for providers that send no id and write the same event
// differently from delivery to delivery.
func CanonicalHash() Extract {
	return func(_ *http.Request, body []byte) (string, error) { return CanonicalKey(body) }
}

// FingerprintWithout is Fingerprint of the body, without the fields that change between deliveries.
func FingerprintWithout(volatile ...string) Extract {
	return func(_ *http.Request, body []byte) (string, error) { return Fingerprint(body, volatile...), nil }
}
