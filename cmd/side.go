package cmd

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// side is one provider of a run, with what it and the endpoint have agreed on.
type side struct {
	provider.Provider
	profile  replay.Profile
	endpoint provider.Endpoint
	route    string // below the target; empty for the target itself
	// replicaURLs are under which URL the endpoint's replicas after the first believe to be called; empty where all have one.
	replicaURLs []string
}

// sidesOf finds the providers of the events, in the order in which they come.
func (o *PlanningOptions) sidesOf(events []replay.Event) ([]side, error) {
	if len(events) == 0 {
		return nil, usagef("no events among the fixtures")
	}
	var sides []side
	for _, e := range events {
		if slices.ContainsFunc(sides, func(s side) bool { return s.profile.Name == e.Provider }) {
			continue
		}
		d := o.described(e.Provider)
		if len(sides) > 0 && (d == nil || o.described(sides[0].profile.Name) == nil) {
			return nil, usagef("%s is from %s and %s from %s: choose one with --provider, or give each its route and secret under providers in hookonce.yaml",
				events[0].Fixture, events[0].Provider, e.Fixture, e.Provider)
		}
		s, err := o.sideOf(e.Provider, d)
		if err != nil {
			return nil, err
		}
		sides = append(sides, s)
	}
	return sides, nil
}

// sideOf puts together what the flags and hookonce.yaml say of a provider.
func (o *PlanningOptions) sideOf(name string, d *described) (side, error) {
	p, err := o.known().ByName(name)
	if err != nil {
		return side{}, err
	}
	s := side{Provider: p, profile: p.Profile(),
		endpoint:    provider.Endpoint{Secrets: o.Secrets, URL: o.PublicURL, WebhookID: o.WebhookID, CertURL: o.CertURL},
		replicaURLs: o.replicaURLs}
	if d == nil {
		return s, nil
	}
	s.route = d.Route
	if len(d.Secret) > 0 || len(o.Described) > 1 {
		s.endpoint.Secrets = d.Secret
	}
	s.endpoint.WebhookID, s.endpoint.CertURL = cmp.Or(d.WebhookID, o.WebhookID), cmp.Or(d.CertURL, o.CertURL)
	if d.Route != "" {
		s.endpoint.URL = routed(o.PublicURL, d.Route)
		s.replicaURLs = slices.Clone(o.replicaURLs)
		for i, base := range s.replicaURLs {
			s.replicaURLs[i] = routed(base, d.Route)
		}
	}
	if d.PublicURL != "" {
		s.endpoint.URL, s.replicaURLs = d.PublicURL, nil
	}
	return s, nil
}

// routed is the address of a route below a URL, or what is no URL as it is.
func routed(base, route string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return withRoute(u, route)
}

// withRoute is the address of a route below a base URL.
func withRoute(base *url.URL, route string) string {
	return base.Scheme + "://" + base.Host + strings.TrimRight(base.EscapedPath(), "/") + route
}

// routes are the paths of the providers that have one of their own.
func (p *planned) routes(base *url.URL) map[string]string {
	out := map[string]string{}
	for _, s := range p.sides {
		if s.route != "" {
			out[s.profile.Name] = strings.TrimRight(base.EscapedPath(), "/") + s.route
		}
	}
	return out
}

// side is the provider's; events of a plan have no other than those it was made for.
func (p *planned) side(name string) *side {
	for i := range p.sides {
		if p.sides[i].profile.Name == name {
			return &p.sides[i]
		}
	}
	return &p.sides[0]
}

// others are the profiles of all sides but the first.
func (p *planned) others() []replay.Profile {
	var out []replay.Profile
	for _, s := range p.sides[1:] {
		out = append(out, s.profile)
	}
	return out
}

func (p *planned) signed() bool {
	return slices.ContainsFunc(p.sides, func(s side) bool { return len(s.endpoint.Secrets) > 0 })
}

// unsigned lists the providers without a secret, where others have one.
func (p *planned) unsigned() []string {
	var out []string
	for _, s := range p.sides {
		if p.signed() && len(s.endpoint.Secrets) == 0 {
			out = append(out, s.profile.Name)
		}
	}
	return out
}

func (p *planned) rename(e replay.Event, fresh func(string) string) (replay.Event, error) {
	return p.side(e.Provider).Rename(e, fresh)
}

func (p *planned) fromSource(e replay.Event, id string) (replay.Event, error) {
	return provider.FromSource(p.side(e.Provider).Provider, e, id)
}

func (p *planned) sign(e replay.Event, s replay.Sending) (http.Header, []byte, error) {
	to := p.side(e.Provider)
	endpoint := to.endpoint
	if i := s.Replica - 2; i >= 0 && i < len(to.replicaURLs) {
		endpoint.URL = to.replicaURLs[i]
	}
	return to.Sign(e, endpoint, s)
}

// signable finds out, before anything is sent, whether deliveries can be signed with what was given.
func (p *planned) signable() error {
	for _, s := range p.sides {
		i := slices.IndexFunc(p.events, func(e replay.Event) bool { return e.Provider == s.profile.Name })
		if i < 0 || len(s.endpoint.Secrets) == 0 {
			continue
		}
		e, err := p.events[i].Loaded()
		if err != nil {
			return usagef("fixture %w", err)
		}
		if _, _, err = s.Sign(e, s.endpoint, replay.Sending{Now: time.Now()}); err != nil {
			return usagef("%s: %s", s.profile.Name, strings.TrimPrefix(err.Error(), "sign "+e.Key+": "))
		}
	}
	return nil
}

func (p *planned) acknowledges(provider string, status int) bool {
	return p.side(provider).profile.Acknowledges(status)
}

// patience is the longest of the providers' timeouts.
func (p *planned) patience() time.Duration {
	var longest time.Duration
	for _, s := range p.sides {
		longest = max(longest, s.profile.Patience)
	}
	return longest
}
