package dispatch

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

// field is one header line; its name is spelled as it was given.
type field struct{ name, value string }

// fieldsOf lists headers in a fixed order, without those that are the sender's own
// business: they frame the request, and their values would contradict it.
func fieldsOf(h http.Header) ([]field, error) {
	if len(h) == 0 {
		return nil, nil
	}
	fs := make([]field, 0, len(h))
	for name, values := range h {
		if framing(name) {
			continue
		}
		if !httpguts.ValidHeaderFieldName(name) {
			return nil, fmt.Errorf("header %q: not a header's name", name)
		}
		for _, v := range values {
			if !httpguts.ValidHeaderFieldValue(v) {
				return nil, fmt.Errorf("header %s: a line break or control character in its value", name)
			}
			fs = append(fs, field{name, strings.TrimSpace(v)})
		}
	}
	slices.SortStableFunc(fs, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return fs, nil
}

func framing(name string) bool {
	for _, f := range [...]string{"Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
		"Proxy-Connection", "Upgrade", "Te", "Trailer", "Expect"} {
		if sameName(name, f) {
			return true
		}
	}
	return false
}

// sameName compares the names of headers, whose case means nothing.
func sameName(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// defaults are sent where nothing else says otherwise.
var defaults = [...]field{{"Accept", "*/*"}, {"Content-Type", "application/json"}, {"User-Agent", "hookonce"}}

// message is a request, in no protocol yet. Of a header that several layers hold, the first layer's values are
// sent: the target's, then the signer's, then the recorded ones, then the defaults.
type message struct {
	line   line
	layers [4][]field
	body   []byte
}

func (e *endpoint) message(provider string, signed, recorded http.Header, body []byte) (message, error) {
	s, err := fieldsOf(signed)
	if err != nil {
		return message{}, err
	}
	r, err := fieldsOf(recorded)
	return message{e.line(provider), [4][]field{e.extra, s, r, defaults[:]}, body}, err
}

// appendTo appends the whole request to b, in HTTP/1.1.
func (m message) appendTo(b []byte) []byte {
	b = append(b, m.line.text...)
	for i, layer := range m.layers {
		for _, f := range layer {
			if !holds(m.layers[:i], f.name) {
				b = append(append(append(append(b, f.name...), ": "...), f.value...), "\r\n"...)
			}
		}
	}
	b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(len(m.body)), 10), "\r\n\r\n"...)
	return append(b, m.body...)
}

// h2Head is the request's head in HTTP/2: its names in small letters.
func (m message) h2Head(scheme string) []hpack.HeaderField {
	all := []hpack.HeaderField{{Name: ":method", Value: http.MethodPost}, {Name: ":scheme", Value: scheme},
		{Name: ":authority", Value: m.line.host}, {Name: ":path", Value: m.line.path}}
	for i, layer := range m.layers {
		for _, f := range layer {
			if !holds(m.layers[:i], f.name) {
				all = append(all, hpack.HeaderField{Name: strings.ToLower(f.name), Value: f.value})
			}
		}
	}
	return append(all, hpack.HeaderField{Name: "content-length", Value: strconv.Itoa(len(m.body))})
}

func holds(layers [][]field, name string) bool {
	for _, layer := range layers {
		for _, f := range layer {
			if sameName(f.name, name) {
				return true
			}
		}
	}
	return false
}

func basicAuth(u *url.Userinfo) string {
	password, _ := u.Password()
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(u.Username()+":"+password))
}
