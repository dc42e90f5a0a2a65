package cmd

import (
	"net/http"
	"slices"
	"time"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// side is one provider of a run, with what it and the endpoint have agreed on.
type side struct {
	provider.Provider
	profile  replay.Profile
	endpoint provider.Endpoint
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
		if len(sides) > 0 {
			return nil, usagef("%s is from %s and %s from %s: one run speaks for one provider, choose with --provider",
				events[0].Fixture, events[0].Provider, e.Fixture, e.Provider)
		}
		p, err := provider.ByName(e.Provider)
		if err != nil {
			return nil, err
		}
		sides = append(sides, side{p, p.Profile(), provider.Endpoint{Secrets: o.Secrets, URL: o.PublicURL, WebhookID: o.WebhookID, CertURL: o.CertURL}})
	}
	return sides, nil
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

func (p *planned) sign(e replay.Event, s replay.Sending) (http.Header, []byte, error) {
	to := p.side(e.Provider)
	return to.Sign(e, to.endpoint, s)
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
