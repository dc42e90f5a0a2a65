package provider

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hookonce/replay"
)

// scheme is a signature of the most common kind: an HMAC over a text made of the body and other things,
// in a header. In its templates {signature}, {timestamp} (seconds), {id}, {url} and {body} are filled in.
type scheme struct {
	// Header is the name of the header that holds the signature.
	Header string
	// Lead begins its value, Each is one signature, Sep stands between all of these. Without Sep the value is Each, {timestamp} may stand in
	// it, too, and there is room for one signature only.
	Lead, Each, Sep string
	// Message is what is signed.
	Message string
	// TimeHeader and IDHeader hold {timestamp} and {id}, where they are signed and Lead holds none.
	TimeHeader, IDHeader string
	// Hash is sha1, sha256 (or empty) or sha512; Encoding is hex (or empty), base64 or base64url.
	Hash, Encoding string
	// Key decodes a secret; nil takes its bytes.
	Key func(secret string) ([]byte, error)
	// Tolerance is how far the signed time may be from now; 0 for any, or where no time is signed.
	Tolerance time.Duration
}

// sign adds the signature's headers to header and returns the body to send.
func (c scheme) sign(header http.Header, e replay.Event, to Endpoint, s replay.Sending) ([]byte, error) {
	p, err := prepare(e, to, s, c.Tolerance, wrongSecret, tampered)
	if err != nil {
		return nil, err
	}
	seconds := strconv.FormatInt(p.at.Unix(), 10)
	if c.TimeHeader != "" {
		header.Set(c.TimeHeader, seconds)
	}
	if p.none {
		return p.body, nil
	}
	if c.Sep == "" { // no room for two
		p.to.Secrets = p.to.Secrets[:1]
	}
	each := strings.ReplaceAll(c.Each, "{timestamp}", seconds)
	value := appendFilled(make([]byte, 0, 256), c.Lead, "{timestamp}", []byte(seconds))
	for i, secret := range p.to.Secrets {
		mac, err := c.mac(secret, seconds, header.Get(c.IDHeader), to.URL, e.Body)
		if err != nil {
			return nil, fmt.Errorf("sign %s: %w", e.Key, err)
		}
		if i > 0 || c.Lead != "" {
			value = append(value, c.Sep...)
		}
		var room [2 * sha512.Size]byte
		value = appendFilled(value, each, "{signature}", c.appendEncoded(room[:0], mac))
	}
	header.Set(c.Header, string(value))
	return p.body, nil
}

// appendFilled appends a template with the text in place of each hole.
func appendFilled(b []byte, template, hole string, text []byte) []byte {
	for {
		before, after, found := strings.Cut(template, hole)
		if b = append(b, before...); !found {
			return b
		}
		b, template = append(b, text...), after
	}
}

// verify checks what was received.
func (c scheme) verify(header http.Header, body []byte, at Endpoint, now time.Time) error {
	seconds, macs := c.parts(header)
	when, err := strconv.ParseInt(seconds, 10, 64)
	if len(macs) == 0 || c.timed() && err != nil || c.IDHeader != "" && header.Get(c.IDHeader) == "" {
		return fmt.Errorf("%s: %w", c.Header, ErrUnsigned)
	}
	good := false
	for _, secret := range at.Secrets {
		want, err := c.mac(secret, seconds, header.Get(c.IDHeader), at.URL, body)
		if err != nil {
			return fmt.Errorf("%s: %w: %w", c.Header, ErrSignature, err)
		}
		for _, m := range macs {
			good = hmac.Equal(m, want) || good
		}
	}
	if !good {
		return fmt.Errorf("%s: %w", c.Header, ErrSignature)
	}
	return within(now, when, c)
}

// within says whether the signed time is near enough. It counts seconds, not durations: a hostile time would overflow one.
func within(now time.Time, when int64, c scheme) error {
	if age, limit := now.Unix()-when, int64(c.Tolerance/time.Second); c.Tolerance > 0 && (age > limit || age < -limit) {
		return fmt.Errorf("%s: %w of %s", c.Header, ErrTolerance, c.Tolerance)
	}
	return nil
}

// timed says that a time is signed.
func (c scheme) timed() bool { return strings.Contains(c.Message, "{timestamp}") }

// parts reads the signature's header.
func (c scheme) parts(header http.Header) (seconds string, macs [][]byte) {
	seconds = header.Get(c.TimeHeader)
	if strings.Contains(c.Each, "{timestamp}") {
		sent, text, _ := bothFilled(c.Each, header.Get(c.Header))
		if m, err := c.decode(text); err == nil && len(m) > 0 {
			macs = append(macs, m)
		}
		return first(sent, seconds), macs
	}
	values := []string{header.Get(c.Header)}
	if c.Sep != "" {
		values = strings.Split(values[0], c.Sep)
	}
	for _, v := range values {
		v = strings.TrimSpace(v)
		if text, ok := filled(c.Each, "{signature}", v); ok {
			if m, err := c.decode(text); err == nil && len(m) > 0 {
				macs = append(macs, m)
			}
		} else if text, ok := filled(c.Lead, "{timestamp}", v); ok && c.Lead != "" {
			seconds = text
		}
	}
	return seconds, macs
}

// filled is what stands at the place of hole in a text made after a template.
func filled(template, hole, text string) (string, bool) {
	before, after, _ := strings.Cut(template, hole)
	text, ok := strings.CutPrefix(text, before)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(text, after)
}

// bothFilled is what stands at the places of {timestamp} and {signature} in a text made after a template that has one of each.
func bothFilled(template, text string) (seconds, signature string, ok bool) {
	before, after, _ := strings.Cut(template, "{timestamp}")
	if begin, between, signedFirst := strings.Cut(before, "{signature}"); signedFirst {
		text, ok = filled(begin+"{}"+after, "{}", text)
		at := strings.LastIndex(text, between) // a signature may hold what stands between, a number does not
		if !ok || at < 0 {
			return "", "", false
		}
		return text[at+len(between):], text[:at], true
	}
	between, end, _ := strings.Cut(after, "{signature}")
	if text, ok = filled(before+"{}"+end, "{}", text); !ok {
		return "", "", false
	}
	return strings.Cut(text, between)
}

func (c scheme) mac(secret, seconds, id, url string, body []byte) ([]byte, error) {
	key := []byte(secret)
	if c.Key != nil {
		var err error
		if key, err = c.Key(secret); err != nil {
			return nil, err
		}
	}
	if url == "" && strings.Contains(c.Message, "{url}") {
		return nil, errNoURL
	}
	before, after, _ := strings.Cut(c.Message, "{body}")
	around := fill(make([]byte, 0, 128), before, seconds, id, url)
	n := len(around)
	around = fill(around, after, seconds, id, url)
	h := hmac.New(c.hash(), key)
	for _, part := range [][]byte{around[:n], body, around[n:]} {
		_, _ = h.Write(part)
	}
	return h.Sum(make([]byte, 0, sha512.Size)), nil
}

// fill appends a template of a message to b, with its holes filled in.
func fill(b []byte, template, seconds, id, url string) []byte {
	for template != "" {
		before, rest, _ := strings.Cut(template, "{")
		b = append(b, before...)
		template = template[len(before):]
		switch {
		case strings.HasPrefix(rest, "timestamp}"):
			b, template = append(b, seconds...), rest[len("timestamp}"):]
		case strings.HasPrefix(rest, "id}"):
			b, template = append(b, id...), rest[len("id}"):]
		case strings.HasPrefix(rest, "url}"):
			b, template = append(b, url...), rest[len("url}"):]
		case template != "": // a brace that is none of ours
			b, template = append(b, '{'), rest
		}
	}
	return b
}

func (c scheme) hash() func() hash.Hash {
	switch c.Hash {
	case "sha1":
		return sha1.New
	case "sha512":
		return sha512.New
	}
	return sha256.New
}

func (c scheme) encode(mac []byte) string { return string(c.appendEncoded(nil, mac)) }

func (c scheme) appendEncoded(b, mac []byte) []byte {
	switch c.Encoding {
	case "base64":
		return base64.StdEncoding.AppendEncode(b, mac)
	case "base64url":
		return base64.RawURLEncoding.AppendEncode(b, mac)
	}
	return hex.AppendEncode(b, mac)
}

func (c scheme) decode(text string) ([]byte, error) {
	switch c.Encoding {
	case "base64":
		return base64.StdEncoding.DecodeString(text)
	case "base64url":
		return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	}
	return hex.DecodeString(text)
}
