package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"hookonce/dedupe/observe"
	"hookonce/replay"
	"hookonce/replay/dispatch"
)

// lookTimeout bounds each look, so that init never hangs.
const lookTimeout = 5 * time.Second

// lookout looks at an endpoint and its effect sources, as gently as can be: one POST without content, and reads.
type lookout struct {
	ctx  context.Context
	dial dialer
}

// endpoint says how the endpoint answers. The error is that it must not be looked at.
func (l *lookout) endpoint(t dispatch.Target) (string, error) {
	if err := dispatch.Probe(l.ctx, t, 0); err != nil {
		var forbidden *dispatch.ForbiddenError
		if errors.As(err, &forbidden) {
			return "", usagef("%w", err)
		}
		return "did not answer yet: " + safe(err.Error()), nil
	}
	status, err := l.ask(t, http.MethodPost)
	switch {
	case err != nil:
		return "takes connections, but did not answer a POST: " + safe(err.Error()), nil
	case status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return fmt.Sprintf("answered %d to a POST: is this the path of the webhooks?", status), nil
	case status >= 200 && status < 300:
		return fmt.Sprintf("answered %d to an unsigned, empty POST: does it verify signatures?", status), nil
	case status >= 300 && status < 400:
		return fmt.Sprintf("answered %d to a POST: redirections are not followed, name the final URL", status), nil
	case status >= 500:
		return fmt.Sprintf("answered %d to an unsigned, empty POST: look at its log", status), nil
	}
	return fmt.Sprintf("answers, and refused an unsigned, empty POST with %d, as it should", status), nil
}

// ask sends a request without content; every connection is checked after the name was resolved.
func (l *lookout) ask(t dispatch.Target, method string) (int, error) {
	ctx, cancel := context.WithTimeout(l.ctx, lookTimeout)
	defer cancel()
	u := *t.URL
	u.User = nil
	req, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return 0, err
	}
	client := &http.Client{
		Transport:     &http.Transport{DialContext: l.dial, TLSClientConfig: t.TLS, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		var wrapped *url.Error
		if errors.As(err, &wrapped) {
			err = wrapped.Err
		}
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

// sources says of each source whether it can be read.
func (l *lookout) sources(sources []observe.Source) []string {
	var out []string
	for _, src := range sources {
		told := "can be read"
		if err := l.read(src); err != nil {
			told = "could not be read: " + safe(err.Error())
		}
		out = append(out, safe(src.Info().Label)+" "+told)
	}
	return out
}

func (l *lookout) read(src observe.Source) error {
	ctx, cancel := context.WithTimeout(l.ctx, lookTimeout)
	defer cancel()
	w := observe.New([]observe.Source{src}, time.Now(), func(replay.Effect) {}, func(replay.Mark) {})
	err := w.Start(ctx, 0)
	w.Close()
	return err
}

// guess looks for the routes that the README proposes, beside the endpoint.
func (l *lookout) guess(target *url.URL) (found, told []string) {
	for _, path := range []string{"/effects", "/state"} {
		u := url.URL{Scheme: target.Scheme, Host: target.Host, Path: path}
		src, err := observe.Parse(u.String(), observe.Options{Dial: l.dial})
		if err == nil && l.read(src) == nil {
			found, told = append(found, u.String()), append(told, u.String()+" can be read")
		}
	}
	if len(found) == 0 {
		told = []string{"nothing that shows effects was found at " + strings.TrimSuffix((&url.URL{Scheme: target.Scheme, Host: target.Host}).String(), "/") + "/effects"}
	}
	return found, told
}
