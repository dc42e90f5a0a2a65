package dispatch

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/idna"
)

// Target is the endpoint deliveries are sent to.
type Target struct {
	// URL is http or https; user information becomes basic authentication.
	URL *url.URL
	// Replicas are the addresses of further replicas of the endpoint, which get what URL gets: Replicas[0] is replica number 2. Each
	// has its own user information, and shares everything else.
	Replicas []*url.URL
	// Header is sent with every delivery and wins over all other headers, Host among them.
	Header http.Header
	// Routes are the paths of providers that have one of their own, by the provider's name; all others go to the URL's.
	Routes map[string]string
	// TLS is the configuration for https, nil for the default one. HTTP/1.1 is negotiated, or HTTP/2 for gates that travel in it, whatever it says.
	TLS *tls.Config
	// Guard decides which addresses may be connected to; nil allows loopback and private ones only.
	Guard *Guard
}

// endpoint is a target made ready for use.
type endpoint struct {
	host  string // without port, as in the URL
	addr  string // host:port to connect to
	start line
	// starts are those of the providers that have a route of their own.
	starts map[string]line
	extra  []field
	tls    *tls.Config // nil for http
	guard  *Guard
}

// endpoints are the target's addresses, in the order of their numbers.
func (t Target) endpoints() ([]*endpoint, error) {
	var all []*endpoint
	for _, u := range append([]*url.URL{t.URL}, t.Replicas...) {
		t.URL = u
		e, err := t.endpoint()
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
	return all, nil
}

var errNoURL = errors.New("target: no URL")

func (t Target) endpoint() (*endpoint, error) {
	u := t.URL
	switch {
	case u == nil:
		return nil, errNoURL
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("target %s: the scheme must be http or https", u.Redacted())
	case u.Hostname() == "":
		return nil, fmt.Errorf("target %s: no host in the URL", u.Redacted())
	}
	name, err := asciiHost(u.Hostname())
	if err != nil {
		return nil, fmt.Errorf("target %s: host: %w", u.Redacted(), err)
	}
	e := &endpoint{host: u.Hostname(), addr: net.JoinHostPort(name, port(u)), guard: t.Guard}
	if e.extra, err = fieldsOf(t.Header); err != nil {
		return nil, fmt.Errorf("target %s: %w", u.Redacted(), err)
	}
	if u.User != nil && t.Header.Get("Authorization") == "" {
		e.extra = append(e.extra, field{"Authorization", basicAuth(u.User)})
	}
	if u.Scheme == "https" {
		e.tls = clientTLS(t.TLS, name)
	}
	host := hostHeader(t.Header, u, name)
	if e.start, err = startOf(u.RequestURI(), host); err != nil {
		return nil, fmt.Errorf("target %s: %w", u.Redacted(), err)
	}
	e.starts = make(map[string]line, len(t.Routes))
	for provider, path := range t.Routes {
		if e.starts[provider], err = startOf(path, host); err != nil {
			return nil, fmt.Errorf("route %s of %s: %w", path, provider, err)
		}
	}
	return e, nil
}

// line is how a request begins.
type line struct {
	path, host string
	text       string // of HTTP/1.1: the request line and the Host header
}

func startOf(path, host string) (line, error) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return line{}, errors.New("the path must begin with /")
	case strings.ContainsAny(path, " \r\n"):
		return line{}, errors.New("a space or line break in the path")
	}
	return line{path, host, "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\n"}, nil
}

// line is how a request with an event of the provider begins.
func (e *endpoint) line(provider string) line {
	if l, has := e.starts[provider]; has {
		return l
	}
	return e.start
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// asciiHost turns an internationalised name into what the resolver and the endpoint know.
func asciiHost(h string) (string, error) {
	for i := range len(h) {
		if h[i] >= 0x80 {
			return idna.Lookup.ToASCII(h)
		}
	}
	return h, nil
}

// hostHeader is the Host to send: the user's, or the URL's host and port without a zone.
func hostHeader(h http.Header, u *url.URL, name string) string {
	if v := h.Get("Host"); v != "" && httpguts.ValidHostHeader(v) {
		return v
	}
	name, _, _ = strings.Cut(name, "%")
	switch {
	case u.Port() != "":
		return net.JoinHostPort(name, u.Port())
	case strings.Contains(name, ":"):
		return "[" + name + "]"
	}
	return name
}

// clientTLS asks for HTTP/1.1 only: a server that prefers HTTP/2 then does without it.
func clientTLS(c *tls.Config, host string) *tls.Config {
	if c == nil {
		c = &tls.Config{}
	}
	c = c.Clone()
	c.NextProtos = []string{"http/1.1"}
	if c.ServerName == "" {
		c.ServerName, _, _ = strings.Cut(host, "%")
	}
	return c
}
