package cmd

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// awaitReady waits until every replica takes connections or, with --ready, answers.
func (e *started) awaitReady(ctx context.Context, within time.Duration) error {
	if e.o.Ready == "" {
		return nil // the probe of the target waits
	}
	until := time.Now().Add(within)
	for i := range e.ports {
		url, err := e.readyURL(i)
		if err != nil {
			return err
		}
		for {
			why := answers(ctx, url)
			if why == "" {
				break
			}
			if ctx.Err() != nil || time.Now().After(until) {
				return fmt.Errorf("--ready %s: replica %d was not ready within %s: %s", safe(url), i+1, within, why)
			}
			select {
			case <-ctx.Done():
			case <-time.After(readyPause):
			}
		}
	}
	return nil
}

const readyPause = 50 * time.Millisecond

// readyURL is --ready of a replica; a path is one of the replica itself.
func (e *started) readyURL(replica int) (string, error) {
	u, err := e.fill(e.o.Ready, replica)
	if strings.HasPrefix(u, "/") {
		u = "http://127.0.0.1:" + e.ports[replica] + u
	}
	return u, err
}

// askTimeout bounds one question to an endpoint that was just started.
const askTimeout = 2 * time.Second

var askClient = &http.Client{
	Timeout:       askTimeout,
	Transport:     &http.Transport{DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// answers says why a URL does not answer below 400; "" if it does.
func answers(ctx context.Context, u string) string {
	status, err := ask(ctx, http.MethodGet, u)
	switch {
	case err != nil:
		return safe(err.Error())
	case status >= 400:
		return fmt.Sprintf("it answers %d", status)
	}
	return ""
}

func ask(ctx context.Context, method, u string) (int, error) {
	req, err := http.NewRequestWithContext(ctx, method, u, http.NoBody)
	if err != nil {
		return 0, err
	}
	resp, err := askClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
