package dispatch

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// field is one header line; its name is spelled as it was given.
type field struct{ name, value string }

// fieldsOf lists headers in a fixed order, without those that are the sender's own
// business: they frame the request, and their values would contradict it.
func fieldsOf(h http.Header) ([]field, error) {
	var fs []field
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
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
		"Proxy-Connection", "Upgrade", "Te", "Trailer", "Expect":
		return true
	}
	return false
}

// defaults are sent where nothing else says otherwise.
var defaults = [...]field{{"Accept", "*/*"}, {"Content-Type", "application/json"}, {"User-Agent", "hookonce"}}

// appendRequest appends a whole request to b. Of a header that several layers hold, the first layer's
// values are sent: the target's, then the signer's, then the recorded ones, then the defaults.
func (e *endpoint) appendRequest(b []byte, provider string, signed, recorded http.Header, body []byte) ([]byte, error) {
	s, err := fieldsOf(signed)
	if err != nil {
		return b, err
	}
	r, err := fieldsOf(recorded)
	if err != nil {
		return b, err
	}
	start, ok := e.starts[provider]
	if !ok {
		start = e.start
	}
	b = append(b, start...)
	layers := [...][]field{e.extra, s, r, defaults[:]}
	for i, layer := range layers {
		for _, f := range layer {
			if !holds(layers[:i], f.name) {
				b = append(append(append(append(b, f.name...), ": "...), f.value...), "\r\n"...)
			}
		}
	}
	b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(len(body)), 10), "\r\n\r\n"...)
	return append(b, body...), nil
}

func holds(layers [][]field, name string) bool {
	for _, layer := range layers {
		for _, f := range layer {
			if strings.EqualFold(f.name, name) {
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
