package cmd

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"hookonce/replay"
	"hookonce/replay/fixture"
	"hookonce/replay/provider"
)

// described is what hookonce.yaml says of a provider: where and how its webhooks are taken and, for one that is not
// built in, how they look.
type described struct {
	name      string
	Route     string     `yaml:"route"`
	Secret    texts      `yaml:"secret"`
	PublicURL string     `yaml:"public-url"`
	WebhookID string     `yaml:"webhook-id"`
	CertURL   string     `yaml:"cert-url"`
	Fixtures  texts      `yaml:"fixtures"`
	Generic   *lookingAs `yaml:"generic"`
	generic   provider.Generic
}

// lookingAs describes the webhooks of a provider that is not built in.
type lookingAs struct {
	ID            string `yaml:"id"`
	Type          string `yaml:"type"`
	Subject       string `yaml:"subject"`
	Version       string `yaml:"version"`
	Refs          texts  `yaml:"refs"`
	Created       texts  `yaml:"created"`
	Deleted       texts  `yaml:"deleted"`
	RetryHeader   string `yaml:"retry-header"`
	AttemptHeader string `yaml:"attempt-header"`
	Patience      wait   `yaml:"patience"`
	Success       []int  `yaml:"success"`
	Retries       []wait `yaml:"retries"`
	GiveUp        []int  `yaml:"give-up"`
	Signature     struct {
		Header          string `yaml:"header"`
		Value           string `yaml:"value"`
		Message         string `yaml:"message"`
		TimestampHeader string `yaml:"timestamp-header"`
		Hash            string `yaml:"hash"`
		Encoding        string `yaml:"encoding"`
		Secret          string `yaml:"secret"`
		Tolerance       wait   `yaml:"tolerance"`
	} `yaml:"signature"`
}

// texts is one text, or a list of them.
type texts []string

// UnmarshalYAML takes a text for a list of one.
func (t *texts) UnmarshalYAML(into func(any) error) error {
	var one string
	if into(&one) == nil {
		*t = texts{one}
		return nil
	}
	var many []string
	if err := into(&many); err != nil {
		return err
	}
	*t = many
	return nil
}

// wait is a duration as Go writes it: 5s, 1h30m.
type wait time.Duration

// UnmarshalYAML reads a duration.
func (w *wait) UnmarshalYAML(into func(any) error) error {
	var text string
	if err := into(&text); err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return fmt.Errorf("%q is no duration: write it as 5s, 10m or 1h30m", text)
	}
	*w = wait(d)
	return nil
}

// describedIn reads the providers of a configuration file, in the order in which they stand there.
func describedIn(path string, n ast.Node, expand func(string) string) ([]described, error) {
	pairs, err := mappingOf(path, n)
	if err != nil {
		return nil, usagef("%s: providers: must be a mapping from a provider's name to its settings", path)
	}
	var out []described
	for _, pair := range pairs {
		d := described{name: pair.Key.String()}
		line := pair.Key.GetToken().Position.Line
		if err := yaml.NodeToValue(pair.Value, &d, yaml.Strict()); err != nil {
			return nil, usagef("%s:%d: providers: %s: %s", path, line, d.name, yamlMessage(err))
		}
		if err := d.complete(expand); err != nil {
			return nil, usagef("%s:%d: providers: %s: %w", path, line, d.name, err)
		}
		out = append(out, d)
	}
	return out, nil
}

func (d *described) complete(expand func(string) string) error {
	for _, s := range []*string{&d.Route, &d.PublicURL, &d.WebhookID, &d.CertURL} {
		*s = expand(*s)
	}
	for _, list := range []texts{d.Secret, d.Fixtures} {
		for i := range list {
			list[i] = expand(list[i])
		}
	}
	d.Secret = slices.DeleteFunc(d.Secret, func(s string) bool { return s == "" })
	if d.Route != "" && !strings.HasPrefix(d.Route, "/") {
		return fmt.Errorf("route: %s must begin with /", d.Route)
	}
	_, err := provider.ByName(d.name)
	switch {
	case err == nil && d.Generic != nil:
		return fmt.Errorf("is built in: generic describes others (see hookonce providers %s)", d.name)
	case err == nil:
		return nil
	case d.Generic == nil:
		return fmt.Errorf("is not built in: describe its webhooks under generic (built in are %s)", strings.Join(provider.Names(), ", "))
	}
	d.generic, err = d.Generic.provider(d.name)
	return err
}

func (l *lookingAs) provider(name string) (provider.Generic, error) {
	s := l.Signature
	g := provider.Generic{Name: name, ID: l.ID, Type: l.Type, Subject: l.Subject, Version: l.Version, Refs: l.Refs, Created: l.Created,
		Deleted: l.Deleted, RetryHeader: l.RetryHeader, AttemptHeader: l.AttemptHeader, Patience: time.Duration(l.Patience),
		Signature: provider.GenericSignature{Header: s.Header, Value: s.Value, Message: s.Message, TimestampHeader: s.TimestampHeader,
			Hash: s.Hash, Encoding: s.Encoding, Secret: s.Secret, Tolerance: time.Duration(s.Tolerance)}}
	g.Success, g.GiveUp = ranges(l.Success), ranges(l.GiveUp)
	for _, w := range l.Retries {
		g.Retries = append(g.Retries, time.Duration(w))
	}
	return g.Check()
}

func ranges(statuses []int) (out []replay.StatusRange) {
	for _, status := range statuses {
		out = append(out, replay.StatusRange{From: status, To: status})
	}
	return out
}

// described is what hookonce.yaml says of a provider; nil where it says nothing.
func (o *PlanningOptions) described(name string) *described {
	for i := range o.Described {
		if strings.EqualFold(o.Described[i].name, name) {
			return &o.Described[i]
		}
	}
	return nil
}

// known are the built-in providers and those that hookonce.yaml describes.
func (o *PlanningOptions) known() provider.Set {
	var set provider.Set
	for _, d := range o.Described {
		if d.Generic != nil {
			set = set.With(d.generic)
		}
	}
	return set
}

// describedFixtures says that providers in hookonce.yaml bring fixtures of their own.
func (o *PlanningOptions) describedFixtures() bool {
	return slices.ContainsFunc(o.Described, func(d described) bool { return len(d.Fixtures) > 0 })
}

// load reads the fixtures that were named, and those of each provider. A file that several of them hold is read once, for the narrowest.
func (o *PlanningOptions) load(s *Streams, paths []string) (fixture.Set, error) {
	return o.loadWith(s, paths, fixture.Options{})
}

func (o *PlanningOptions) loadWith(s *Streams, paths []string, as fixture.Options) (fixture.Set, error) {
	var all fixture.Set
	as.Elsewhere = slices.Clone(paths)
	for _, d := range o.Described {
		as.Elsewhere = append(as.Elsewhere, d.Fixtures...)
	}
	add := func(paths []string, name string) error {
		if len(paths) == 0 {
			return nil
		}
		as.Provider, as.Providers = name, o.known()
		set, err := fixture.Load(paths, s.In, as)
		all.Events, all.Files = append(all.Events, set.Events...), append(all.Files, set.Files...)
		return err
	}
	if err := add(o.undescribed(paths), o.Provider); err != nil {
		return all, err
	}
	for _, d := range o.Described {
		if err := add(d.Fixtures, d.name); err != nil {
			return all, err
		}
	}
	return all, nil
}

// undescribed are the paths that no provider brings itself.
func (o *PlanningOptions) undescribed(paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(p string) bool {
		return slices.ContainsFunc(o.Described, func(d described) bool {
			return slices.ContainsFunc(d.Fixtures, func(own string) bool { return filepath.Clean(own) == filepath.Clean(p) })
		})
	})
}
