package cmd

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/spf13/pflag"

	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/redact"
)

// RequestOptions are the flags about a request of the user's own that races the webhooks.
type RequestOptions struct {
	WithRequest string
	RequestFor  []string
}

func (o *RequestOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.WithRequest, "with-request", "", "race events with a `request` of your own to the same host, such as a checkout's return: 'GET /return?order={subject}', or @FILE with headers and a body below such a line; {key}, {id}, {subject} and {type} are the event's")
	f.StringSliceVar(&o.RequestFor, "request-for", nil, "event types it belongs to, as `patterns` such as 'checkout.*' (default: all)")
}

// userRequest is a request with places for what an event says.
type userRequest struct {
	method, target string
	header         http.Header
	body           string
	types          []string
}

// parse reads the description; nil where there is none.
func (o RequestOptions) parse() (*userRequest, error) {
	if o.WithRequest == "" {
		if len(o.RequestFor) > 0 {
			return nil, usagef("--request-for says which events a request belongs to: give it with --with-request")
		}
		return nil, nil
	}
	for _, p := range o.RequestFor {
		if _, err := path.Match(p, ""); err != nil {
			return nil, usagef("--request-for %s: not a pattern: use * for any text, as in 'checkout.*'", safe(p))
		}
	}
	text := o.WithRequest
	if file, is := strings.CutPrefix(text, "@"); is {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, usagef("--with-request: %w", err)
		}
		text = string(b)
	}
	q, err := parseRequest(text)
	if err != nil {
		return nil, usagef("--with-request: %w; for example 'GET /return?order={subject}'", err)
	}
	q.types = o.RequestFor
	return q, nil
}

// parseRequest reads a request as HTTP writes it: a line with method and path, headers, an empty line, the body.
func parseRequest(text string) (*userRequest, error) {
	in := textproto.NewReader(bufio.NewReader(strings.NewReader(strings.TrimLeft(text, "\r\n"))))
	first, err := in.ReadLine()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	words := strings.Fields(first)
	if len(words) == 3 && strings.HasPrefix(words[2], "HTTP/") {
		words = words[:2]
	}
	switch {
	case len(words) != 2:
		return nil, errors.New("the first line is to be a method and a path")
	case !strings.HasPrefix(words[1], "/"):
		return nil, errors.New("a path that begins with / is needed: the request goes to the host of --target, and to no other")
	}
	q := &userRequest{method: strings.ToUpper(words[0]), target: words[1], header: http.Header{}}
	header, err := in.ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.New("a header is not of the form Name: value")
	}
	q.header = http.Header(header)
	body, err := io.ReadAll(in.R)
	q.body = string(body)
	return q, err
}

// shown is what plan and journal tell of it: no header, and no body, because they may hold secrets.
func (q *userRequest) shown() string { return q.method + " " + redact.Text(q.target) }

// of is the request that goes with an event.
func (q *userRequest) of(e replay.Event) dispatch.Request {
	fill := func(escape func(string) string) *strings.Replacer {
		return strings.NewReplacer("{key}", escape(e.Key), "{id}", escape(e.ProviderID()), "{subject}", escape(e.Subject), "{type}", escape(e.Type))
	}
	plain := fill(func(s string) string { return s })
	out := dispatch.Request{Method: q.method, Path: fill(url.QueryEscape).Replace(q.target), Header: http.Header{}, Body: []byte(plain.Replace(q.body))}
	for name, values := range q.header {
		for _, v := range values {
			out.Header.Add(name, plain.Replace(v))
		}
	}
	return out
}
