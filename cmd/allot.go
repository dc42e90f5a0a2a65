package cmd

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hookonce/chaos"
)

// openMiddle stands between the endpoint and its Redis, where that is asked for, or the endpoint is started by hookonce.
func (o *RunOptions) openMiddle(c *cobra.Command, show *progress) (*middle, error) {
	if err := o.ExecOptions.check(); err != nil {
		return nil, err
	}
	if o.Exec != "" && o.RedisProxy == "" {
		o.RedisProxy, o.offered = "embedded", strings.Contains(o.Faults, "all")
	}
	m, err := o.MiddleOptions.open(o.guardedDial)
	if m == nil || err != nil {
		return nil, err
	}
	o.WithRedis = true
	o.started, o.clock = o.Exec != "", m.embedded != nil
	switch {
	case c.Flags().Changed("late"):
	case m.embedded != nil:
		o.Late, o.lateByClock = lateByClock(), true
	case m.scale > 0:
		o.Late, o.lateByClock = []time.Duration{25 * time.Hour}, true
	}
	if o.Exec == "" {
		show.Say("redis proxy: the endpoint's REDIS_URL is %s", m.URL())
	}
	return m, nil
}

// allot gives the replicas of an endpoint that is to be started what they need, and puts that into the other flags;
// nil where none is.
func (o *RunOptions) allot(s *Streams, m *middle, say func(string, ...any)) (*started, error) {
	if o.Exec == "" {
		return nil, nil
	}
	e, err := newStarted(o.ExecOptions, s, o.Secrets, m, say)
	if err != nil {
		return nil, err
	}
	e.hidden = o.hidden
	texts := []*string{&o.PublicURL, &o.Reset}
	for i := range o.Effects {
		texts = append(texts, &o.Effects[i])
	}
	for _, t := range texts {
		if *t, err = e.fill(*t, 0); err != nil {
			return nil, err
		}
	}
	if o.perishable = slices.ContainsFunc(o.Effects, e.tells); o.perishable && strings.Contains(o.Faults, "all") {
		say("the endpoint itself tells its effects, and may forget them when it is killed: the faults %s are left out; ask for them by name where it keeps them",
			strings.Join(chaos.ProcessFaults(), ", "))
	}
	if err := o.aim(e); err != nil || !o.DatabaseProxy {
		return e, err
	}
	o.database = true
	return e, e.stand(o.guardedDial)
}

// tells says that an effect source is the endpoint's own.
func (e *started) tells(source string) bool {
	return slices.ContainsFunc(e.ports, func(p string) bool {
		return strings.Contains(source, "127.0.0.1:"+p) || strings.Contains(source, "localhost:"+p)
	})
}

// aim makes the replicas the target. What was given may be a path, a URL, or nothing: then the path is looked for.
func (o *RunOptions) aim(e *started) error {
	if len(o.Targets) > 1 {
		return usagef("--target: --exec knows the addresses of its replicas: give one --target, the path of the webhooks, as in --target /webhooks/stripe")
	}
	given := strings.Join(o.Targets, "")
	routed := slices.ContainsFunc(o.Described, func(d described) bool { return d.Route != "" })
	e.seek, o.Targets = given == "" && !routed, nil
	for i, address := range e.addresses() {
		text, err := e.fill(given, i)
		if err != nil {
			return err
		}
		// A URL without templates is that of all replicas, such as a balancer's.
		if u := startedURL(text, address); !slices.Contains(o.Targets, u) {
			o.Targets = append(o.Targets, u)
		}
	}
	return nil
}

// startedURL is the target's URL on a started endpoint.
func startedURL(given, address string) string {
	switch {
	case strings.HasPrefix(given, "/"):
		return "http://" + address + given
	case given != "":
		return given
	}
	return (&url.URL{Scheme: "http", Host: address, Path: "/"}).String()
}
