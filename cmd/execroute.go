package cmd

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// seekRoute finds the path of the webhooks, where nobody named it.
func (c *conduct) seekRoute() error {
	e := c.endpoint
	if !e.seek || c.stop.soft.Err() != nil {
		return nil
	}
	path, err := findRoute(c.stop.soft, e.addresses()[0], c.p.sides[0].profile.Name)
	if err != nil {
		return err
	}
	c.move(path)
	c.show.Say("the endpoint takes webhooks at %s", path)
	return nil
}

// move makes a path the target's, at every replica, and tells the signers and the journal.
func (c *conduct) move(path string) {
	to := func(u *url.URL) *url.URL {
		moved := *u
		moved.Path = path
		return &moved
	}
	before := withoutUser(c.target.URL)
	c.target.URL = to(c.target.URL)
	addresses, further := []string{c.target.URL.String()}, []string(nil)
	c.target.Replicas = slices.Clone(c.target.Replicas)
	for i, u := range c.target.Replicas {
		c.target.Replicas[i] = to(u)
		further = append(further, withoutUser(c.target.Replicas[i]))
	}
	addresses = append(addresses, further...)
	c.header.Target, c.header.Targets = addresses[0], replicas(addresses)
	for i := range c.p.sides {
		if s := &c.p.sides[i]; s.endpoint.URL == before {
			s.endpoint.URL, s.replicaURLs = addresses[0], further
		}
	}
}

// routesToTry are the paths at which webhooks are usually taken.
func routesToTry(provider string) []string {
	return []string{"/webhook", "/webhooks", "/webhooks/" + provider, "/webhook/" + provider, "/" + provider + "/webhook", "/" + provider + "/webhooks",
		"/api/webhooks/" + provider, "/api/webhook", "/api/webhooks", "/hook", "/hooks", "/" + provider, "/"}
}

// findRoute looks for the path at which a started endpoint takes webhooks: one that answers a POST without content
// with anything but 404 and 405.
func findRoute(ctx context.Context, address, provider string) (string, error) {
	tried := routesToTry(provider)
	for _, path := range tried {
		status, err := ask(ctx, http.MethodPost, "http://"+address+path)
		if err == nil && status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			return path, nil
		}
	}
	return "", usagef("--exec: none of %s takes a POST: name the path with --target, as in --target /webhooks/stripe", strings.Join(tried, ", "))
}
