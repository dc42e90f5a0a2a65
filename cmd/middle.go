package cmd

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"hookonce/chaos/proxy"
	"hookonce/dedupe/reference"
	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/redact"
)

// MiddleOptions are the flags that say what hookonce puts between the endpoint and what it depends on.
type MiddleOptions struct {
	RedisProxy  string
	RedisListen string
	RedisTTL    float64
}

func (o *MiddleOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.RedisProxy, "redis-proxy", "", "stand between the endpoint and its Redis, which is embedded or the server at a redis:// `URL`: the endpoint is to use the address that is printed")
	f.StringVar(&o.RedisListen, "redis-proxy-listen", "127.0.0.1:0", "`address` at which the endpoint finds that Redis")
	f.Float64Var(&o.RedisTTL, "redis-ttl-scale", 0, "`factor` on the times to live that the endpoint gives to keys while late duplicates are sent, and on how long these wait, where the clock of its Redis cannot be moved: 0.0001 makes 9 s of a day (default: leave both)")
}

// middle is what stands between the endpoint and its Redis. One serves all runs of a command, because
// the endpoint goes on using its address.
type middle struct {
	proxy    *proxy.Proxy
	embedded *reference.Embedded // nil before an upstream
	address  string              // of the first listener
	listen   string
	made     time.Time
	scale    float64 // of times to live and ages, while late duplicates are sent; 0 for none

	mu    sync.Mutex
	rec   *recorder // of the run under way; nil between runs
	plan  replay.Plan
	shift time.Duration // from the proxy's times to the run's
}

// dialer connects, to what it may connect to.
type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// open starts it; nil where no flag asks for it.
func (o MiddleOptions) open(dial dialer) (*middle, error) {
	if o.RedisProxy == "" {
		if o.RedisTTL != 0 {
			return nil, usagef("--redis-ttl-scale needs --redis-proxy: it is the proxy that rewrites the times")
		}
		return nil, nil
	}
	if o.RedisTTL != 0 && !(o.RedisTTL > 0 && o.RedisTTL < 1) {
		return nil, usagef("--redis-ttl-scale %g: give a factor between 0 and 1, such as 0.0001", o.RedisTTL)
	}
	if o.RedisTTL != 0 && o.RedisProxy == "embedded" {
		return nil, usagef("--redis-ttl-scale is for a server whose clock cannot be moved; that of the embedded Redis can: leave it out")
	}
	m := &middle{listen: o.RedisListen, made: time.Now(), scale: o.RedisTTL}
	po := proxy.Options{OnCommand: m.command, OnFault: m.struck, Base: m.made}
	var err error
	if o.RedisProxy == "embedded" {
		if m.embedded, err = reference.NewEmbeddedWall(); err != nil {
			return nil, err
		}
		po.Dial, po.Before = func(context.Context) (net.Conn, error) { return m.embedded.Dial() }, m.embedded.Sync
	} else if err = upstream(&po, o.RedisProxy, dial); err != nil {
		return nil, err
	}
	m.proxy = proxy.New(po)
	if m.address, err = m.proxy.Listen(o.RedisListen, ""); err != nil {
		m.close()
		return nil, fmt.Errorf("--redis-proxy-listen: %w", err)
	}
	return m, nil
}

// upstreamWithin bounds how long connecting to the server may take.
const upstreamWithin = 5 * time.Second

// upstream makes the proxy stand before a server, which it logs in at itself: the endpoint needs no password.
func upstream(o *proxy.Options, text string, dial dialer) error {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "redis" && u.Scheme != "rediss" {
		return usagef("--redis-proxy %s: give embedded, or a URL such as redis://localhost:6379", safe(redact.URL(text)))
	}
	address := net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "6379"))
	o.Dial = func(ctx context.Context) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, upstreamWithin)
		defer cancel()
		c, err := dial(ctx, "tcp", address)
		if err != nil || u.Scheme == "redis" {
			return c, err
		}
		return secured(ctx, c, u.Hostname())
	}
	var greet bytes.Buffer
	if password, set := u.User.Password(); set {
		login := []string{"AUTH", password}
		if name := u.User.Username(); name != "" {
			login = []string{"AUTH", name, password}
		}
		greet.Write(proxy.Encode(login...))
		o.Greetings++
	}
	if db := strings.Trim(u.Path, "/"); db != "" && db != "0" {
		greet.Write(proxy.Encode("SELECT", db))
		o.Greetings++
	}
	o.Greet = greet.Bytes()
	c, err := o.Dial(context.Background())
	var forbidden *dispatch.ForbiddenError
	switch {
	case errors.As(err, &forbidden):
		return usagef("--redis-proxy: %w", err)
	case err != nil:
		return fmt.Errorf("--redis-proxy %s: %w", redact.URL(text), err)
	}
	return c.Close()
}

// secured speaks TLS with the server on a connection to it.
func secured(ctx context.Context, c net.Conn, name string) (net.Conn, error) {
	t := tls.Client(c, &tls.Config{ServerName: name})
	if err := t.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, err
	}
	return t, nil
}

// URL is what the endpoint is to use as its Redis.
func (m *middle) URL() string { return "redis://" + m.address + "/0" }

// Replica opens an address of its own for a replica, so that its commands are told from the others'.
func (m *middle) Replica(label string) (string, error) {
	host, _, err := net.SplitHostPort(m.listen)
	if err != nil {
		return "", usagef("--redis-proxy-listen %s: %w", safe(m.listen), err)
	}
	address, err := m.proxy.Listen(net.JoinHostPort(host, "0"), label)
	return "redis://" + address + "/0", err
}

// attach files commands under the plan's events, and writes them into the run's journal.
func (m *middle) attach(p replay.Plan, rec *recorder) {
	m.mu.Lock()
	m.rec, m.plan, m.shift = rec, p, rec.base.Sub(m.made)
	m.mu.Unlock()
	m.proxy.Know(idsOf(p))
	if m.embedded != nil && len(p.Settings.Late) > 0 {
		rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkNote, At: rec.Now(),
			Text: "late duplicates are late by the clock of the embedded Redis, which is moved; what the endpoint remembers elsewhere does not grow old"})
	}
}

// also files commands under events that have joined the plan.
func (m *middle) also(p replay.Plan) {
	m.mu.Lock()
	m.plan = p
	m.mu.Unlock()
	m.proxy.Also(idsOf(p))
}

// idsOf are the ids by which a command's event is known: its own, the digest of its body, and its subject where that
// has no other event.
func idsOf(p replay.Plan) *proxy.IDs {
	x := &proxy.IDs{}
	subjects := map[string]int{}
	for _, e := range p.Events {
		subjects[e.Subject]++
	}
	for _, e := range p.Events {
		x.Add(e.Key, e.Key)
		x.Add(e.SHA256, e.Key)
		if e.ID != "" {
			x.Add(e.ID, e.Key)
		}
		if subjects[e.Subject] == 1 {
			x.Add(e.Subject, e.Key)
		}
	}
	return x
}

func (m *middle) command(c replay.Command) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.At -= m.shift; m.rec == nil || c.At < 0 {
		return
	}
	if c.End > 0 {
		c.End -= m.shift
	}
	m.rec.Command(c)
}

// struck tells that a fault took place.
func (m *middle) struck(f proxy.Fault, c replay.Command) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rec != nil {
		m.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkMishap, At: c.At - m.shift, Fired: true,
			Text: fmt.Sprintf("redis %s at command %d of %s: %s", f.Kind, c.N, c.Event, c.Text())})
	}
}

// phase puts the faults in place, and takes them out, as the plan has it.
func (m *middle) phase(p replay.Phase) {
	switch p {
	case replay.PhaseFault:
		m.arm()
	case replay.PhaseTail:
		m.proxy.Heal()
	case replay.PhaseFresh:
		m.proxy.Scale(m.scale, scaledLeast)
	case replay.PhaseSentinel:
		m.proxy.Scale(0, 0)
	}
}

// commandCounts are how many commands a delivery of each type caused in control.
func (m *middle) commandCounts() map[string]int {
	counts, events := map[string]int{}, m.plan.EventByKey()
	for _, d := range m.plan.Deliveries {
		if d.Phase == replay.PhaseControl && d.Role == replay.RoleFirst {
			t := events[d.Event].Type
			counts[t] = max(counts[t], m.proxy.Count(d.Event))
		}
	}
	return counts
}

// arm puts the plan's faults in place. Their commands are resolved by what control showed.
func (m *middle) arm() {
	counts, types := m.commandCounts(), m.plan.EventByKey()
	for _, d := range m.plan.Deliveries {
		if f := d.Redis; f != nil && !f.Whole {
			m.proxy.Arm(proxy.Fault{Kind: proxy.Kind(f.Kind), Event: d.Event, Command: f.Command(counts[types[d.Event].Type]),
				Text: f.Text, For: f.For, ID: d.N})
		}
	}
}

// outage takes Redis away from everybody while a delivery is made alone.
func (m *middle) outage(d replay.Delivery) {
	if f := d.Redis; f != nil && f.Whole {
		m.proxy.Outage(proxy.Fault{Kind: proxy.Kind(f.Kind), Event: d.Event, Text: f.Text, ID: d.N})
	}
}

// lateByClock are the ages of late duplicates where they cost no waiting.
func lateByClock() []time.Duration {
	return []time.Duration{70 * time.Second, 25 * time.Hour, 71 * time.Hour}
}

// late makes time pass for the embedded server.
func (m *middle) late(_ context.Context, d time.Duration) error {
	m.embedded.Advance(d)
	return nil
}

// detach ends a run.
func (m *middle) detach() {
	m.proxy.Heal()
	m.proxy.Scale(0, 0)
	if n := m.proxy.Dropped(); n > 0 {
		m.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkNote, At: m.rec.Now(),
			Text: fmt.Sprintf("%d Redis commands were passed on and not written down: there were too many", n)})
	}
	m.proxy.Know(nil)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rec = nil
}

func (m *middle) close() {
	if m.proxy != nil {
		m.proxy.Close()
	}
	if m.embedded != nil {
		m.embedded.Close()
	}
}
