package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxRedirects is how many redirects within one host are followed.
const maxRedirects = 5

// httpReader reads a source with GET.
type httpReader struct {
	client *http.Client
	url    *url.URL
	max    int64
	known  func(string) bool
	own    bool // the client's connections are ours to close
	memo   memo
}

func parseHTTP(s spec, o Options) (Source, error) {
	u, err := url.Parse(s.scheme + ":" + s.rest)
	switch {
	case err != nil:
		return nil, errors.New("this is not a URL") // the error would show the password
	case u.Host == "" || u.Hostname() == "":
		return nil, errors.New("the URL names no host; want http://HOST/PATH")
	}
	u.Fragment, u.RawFragment = "", ""
	r := &httpReader{url: u, max: o.MaxBytes, known: o.Known}
	if r.own = o.Client == nil; r.own {
		r.client = &http.Client{Transport: o.transport()}
	} else {
		copied := *o.Client
		r.client = &copied
	}
	r.client.CheckRedirect = sameHost
	return newPolled(s, r, o, u.Hostname()), nil
}

// transport connects by Dial itself: a proxy of the environment would connect wherever it likes.
func (o Options) transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	if o.Dial != nil {
		t.DialContext = o.Dial
	}
	return t
}

func sameHost(req *http.Request, via []*http.Request) error {
	if req.URL.Host != via[0].URL.Host {
		return fmt.Errorf("it redirects to another host, %s; name that one if you mean it", req.URL.Host)
	}
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects", maxRedirects)
	}
	return nil
}

func (r *httpReader) read(ctx context.Context) (*snapshot, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url.String(), nil)
	if err != nil {
		return nil, errors.New("the request could not be made")
	}
	req.Header.Set("Accept", "application/json, application/x-ndjson")
	req.Header.Set("User-Agent", "hookonce")
	res, err := r.client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNoContent {
		return nil, errNothing
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answered %s, want 200 OK", statusText(res.StatusCode))
	}
	body, err := readBounded(res.Body, r.max)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(body)) == 0 && !lineByLine(res.Header) {
		return nil, errNothing
	}
	return r.memo.decode(body, func(b []byte) (*snapshot, error) { return decodeJSON(b, r.known) })
}

// errNothing is of an answer that is no reading: as an empty one it would take back all that was counted before.
var errNothing = errors.New("it answered nothing where JSON was expected; where there are no effects yet, let it answer []")

// lineByLine says that the answer is JSON Lines, of which there may be none.
func lineByLine(h http.Header) bool {
	kind := h.Get("Content-Type")
	return strings.Contains(kind, "ndjson") || strings.Contains(kind, "jsonl") || strings.Contains(kind, "json-lines")
}

func (r *httpReader) close() error {
	if r.own {
		r.client.CloseIdleConnections()
	}
	return nil
}

// withoutURL takes the URL out of a client's error: it may hold user information.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

func statusText(code int) string {
	return fmt.Sprintf("%d %s", code, http.StatusText(code))
}

func readBounded(r io.Reader, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	switch {
	case int64(len(body)) > most:
		return nil, tooMuch(most)
	case err != nil:
		return nil, fmt.Errorf("its answer broke off after %d bytes: %w", len(body), err)
	}
	return body, nil
}

func tooMuch(most int64) error {
	return fmt.Errorf("it told more than %d bytes; let it tell less, such as this run's rows only", most)
}
