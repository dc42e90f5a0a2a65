package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"hookonce/dedupe/reference"
	"hookonce/replay"
)

// downstreamTimeout bounds one call of the downstream.
const downstreamTimeout = 30 * time.Second

// maxAnswer is how much of the downstream's answer is read, so that its connection can be used again.
const maxAnswer = 64 << 10

// Downstream returns what charges by calling an API: POST target with the JSON body
// {"event": KEY, "effect": "charge"}, with the provider's own "id" where the key is another, and, where the charge has a key, the
// header Idempotency-Key. Anything but a 2xx answer is an error, after which the charge may or may not have happened.
func Downstream(target string, client *http.Client) (func(context.Context, replay.Event, string) error, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("effects URL: want an http or https URL with a host")
	}
	if client == nil {
		client = http.DefaultClient
	}
	return func(ctx context.Context, e replay.Event, key string) error {
		ctx, cancel := context.WithTimeout(ctx, downstreamTimeout)
		defer cancel()
		req, err := charge(ctx, target, e, key)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return fmt.Errorf("downstream: %w", err)
		}
		defer resp.Body.Close()
		_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer) // what the answer says does not matter
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			return fmt.Errorf("downstream: status %d", resp.StatusCode)
		}
		return nil
	}, nil
}

func charge(ctx context.Context, target string, e replay.Event, key string) (*http.Request, error) {
	said := map[string]string{"event": e.Key, "effect": reference.Charge}
	if e.ProviderID() != e.Key {
		said["id"] = e.ProviderID()
	}
	body, err := json.Marshal(said)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	return req, nil
}
