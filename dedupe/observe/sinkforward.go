package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	// forwardWithin bounds how long the service may take to answer one call.
	forwardWithin = time.Minute
	// maxAnswer bounds the body of one answer that is passed back.
	maxAnswer = 64 << 20
)

// forward passes the calls to a sink on to the service that really has the effects, each exactly once and as it came.
type forward struct {
	to        *url.URL
	transport *http.Transport
	ctx       context.Context // ends with the sink
	cancel    context.CancelFunc
}

func parseForward(text string) (*url.URL, error) {
	const want = "forward=%s is not the URL of a service, such as http://127.0.0.1:9000%s"
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return nil, fmt.Errorf(want, clip(redact(text)), "")
	case u.User != nil:
		return nil, fmt.Errorf(want, clip(redact(text)), "; leave the user out, because calls are passed on with the endpoint's own headers")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf(want, clip(redact(text)), "; leave query and fragment out, because each call has its own")
	}
	return u, nil
}

// newForward makes every call over a connection of its own: net/http sends a request again where a connection that it kept turns out to
// be closed, and then nobody knows how often the service was called.
func newForward(to *url.URL, dial func(ctx context.Context, network, address string) (net.Conn, error)) *forward {
	f := &forward{to: to, transport: &http.Transport{DialContext: dial, DisableKeepAlives: true, DisableCompression: true}}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	return f
}

// reach says whether the service takes connections.
func (f *forward) reach(ctx context.Context) error {
	port := f.to.Port()
	if port == "" {
		port = strconv.Itoa(map[string]int{"http": 80, "https": 443}[f.to.Scheme])
	}
	c, err := f.transport.DialContext(ctx, "tcp", net.JoinHostPort(f.to.Hostname(), port))
	if err != nil {
		return fmt.Errorf("the service at %s, to which calls are to be forwarded, cannot be reached (start it first, or give it time with --wait 30s): %w", f.to, err)
	}
	return c.Close()
}

// fate is what is known of a call that was forwarded.
type fate int

const (
	undecided fate = iota // it left, and nothing tells whether it had its effect
	committed
	declined // it had none
)

// fateOf reads an answer. Only what a service says it did not do is certain not to have happened: behind a failure (5xx), or a redirection to
// the result, the effect may well be there.
func fateOf(status int) fate {
	switch {
	case status >= 200 && status <= 299:
		return committed
	case status >= 400 && status <= 499, status == http.StatusNotImplemented, status == http.StatusHTTPVersionNotSupported,
		status == http.StatusNotModified, status == http.StatusTemporaryRedirect, status == http.StatusPermanentRedirect:
		return declined
	}
	return undecided
}

var errLost = errors.New("the answer is to be lost")

// pass forwards a call and passes the answer back, unless that is to be lost. decided hears once, before the caller learns anything, what is
// known of it. A caller that hangs up does not end the call, which then goes on as it would without anybody between.
func (f *forward) pass(w http.ResponseWriter, r *http.Request, lose bool, decided func(fate, string)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), forwardWithin)
	defer cancel()
	defer context.AfterFunc(f.ctx, cancel)()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	proxy := &httputil.ReverseProxy{
		Transport: f.transport,
		Rewrite:   f.rewrite,
		ErrorLog:  log.New(io.Discard, "", 0),
		ModifyResponse: func(a *http.Response) error {
			decided(fateOf(a.StatusCode), fmt.Sprintf("status %d", a.StatusCode))
			a.Body = http.MaxBytesReader(nil, a.Body, maxAnswer)
			if lose {
				_, _ = io.Copy(io.Discard, a.Body) // the service answers in full
				return errLost
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			switch {
			case errors.Is(err, errLost):
				panic(http.ErrAbortHandler) // net/http's way to cut the connection
			case !sent.Load():
				decided(declined, err.Error())
				http.Error(w, "hookonce cannot reach the service: "+err.Error(), http.StatusBadGateway)
			default:
				decided(undecided, err.Error())
				panic(http.ErrAbortHandler) // as the service did
			}
		},
	}
	proxy.ServeHTTP(w, r.WithContext(ctx))
}

// rewrite leaves a call as it is, but for where it goes and what belongs to one connection only. What ReverseProxy takes for its own is put back.
func (f *forward) rewrite(p *httputil.ProxyRequest) {
	p.SetURL(f.to)
	p.Out.URL.RawQuery = p.In.URL.RawQuery
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if values := p.In.Header.Values(name); len(values) > 0 {
			p.Out.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	p.Out.Header.Del("Upgrade")
	p.Out.Header.Del("Connection")
}
