package cmd

import (
	"net/url"

	"hookonce/replay/dispatch"
	"hookonce/replay/redact"
)

func targetURL(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, usagef("--target %s: not a URL; give one like http://localhost:3000/webhooks", safe(redact.URL(address)))
	}
	return u, nil
}

// takeAddresses tells the plan how many replicas there are, and the signers under which address each believes to be called.
func (o *RunOptions) takeAddresses(t dispatch.Target) {
	if len(t.Replicas) > 0 {
		o.replicas = 1 + len(t.Replicas)
	}
	if o.PublicURL != "" {
		return
	}
	o.PublicURL = withoutUser(t.URL)
	for _, u := range t.Replicas {
		o.replicaURLs = append(o.replicaURLs, withoutUser(u))
	}
}

func withoutUser(u *url.URL) string {
	public := *u
	public.User = nil
	return public.String()
}

// replicas are the addresses for the journal; nil where there is one only.
func replicas(targets []string) []string {
	if len(targets) < 2 {
		return nil
	}
	var out []string
	for _, t := range targets {
		out = append(out, redact.URL(t))
	}
	return out
}
