package cmd

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// awaitReady waits until every replica answers --ready; where there is none, the probe of the target waits.
func (e *started) awaitReady(ctx context.Context, within time.Duration) error {
	if e.o.Ready == "" {
		return nil
	}
	for i := range e.ports {
		if err := e.up(ctx, i, within); err != nil {
			return err
		}
	}
	return nil
}

// up waits until a replica takes connections or, with --ready, answers.
func (e *started) up(ctx context.Context, replica int, within time.Duration) error {
	url, err := e.readyURL(replica)
	if err != nil {
		return err
	}
	for until := time.Now().Add(within); ; {
		why := e.notYet(ctx, replica, url)
		if why == "" {
			return nil
		}
		if ctx.Err() != nil || time.Now().After(until) {
			return fmt.Errorf("replica %d was not ready within %s (%s): %s", replica+1, within, safe(cmp.Or(url, "its port")), why)
		}
		select {
		case <-ctx.Done():
		case <-time.After(readyPause):
		}
	}
}

// notYet says why a replica is not ready; "" if it is.
func (e *started) notYet(ctx context.Context, replica int, url string) string {
	if url != "" {
		return answers(ctx, url)
	}
	c, err := (&net.Dialer{Timeout: askTimeout}).DialContext(ctx, "tcp", e.addresses()[replica])
	if err != nil {
		return safe(err.Error())
	}
	_ = c.Close() // nothing was sent
	return ""
}

// readyPause is between two questions.
const readyPause = 20 * time.Millisecond

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
