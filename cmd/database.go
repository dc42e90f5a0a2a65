package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"hookonce/chaos/tcp"
	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/redact"
)

// database stands between an endpoint that hookonce starts and its database. One serves all runs of a command, because the endpoint is
// given its address once.
type database struct {
	proxy *tcp.Proxy
	url   string // what the endpoint is to use

	mu     sync.Mutex
	struck func(tcp.Strike) // by the run under way; nil between runs
}

// openDatabase starts it.
func openDatabase(text string, dial dialer) (*database, error) {
	u, err := parseDatabaseURL(text)
	if err != nil {
		return nil, err
	}
	db := &database{}
	connect := func(ctx context.Context) (net.Conn, error) { return dial(ctx, "tcp", u.address) }
	if err := reach(connect); err != nil {
		var forbidden *dispatch.ForbiddenError
		if errors.As(err, &forbidden) {
			return nil, usagef("--database-proxy: %w", err)
		}
		return nil, fmt.Errorf("--database-proxy: %s cannot be reached: %w", redact.URL(text), err)
	}
	db.proxy = tcp.New(tcp.Options{Dial: connect, OnStrike: db.strike})
	address, err := db.proxy.Listen("127.0.0.1:0")
	if err != nil {
		db.proxy.Close()
		return nil, fmt.Errorf("--database-proxy: %w", err)
	}
	db.url = u.at(address)
	return db, nil
}

// reach says whether a server takes connections.
func reach(dial func(context.Context) (net.Conn, error)) error {
	ctx, cancel := context.WithTimeout(context.Background(), upstreamWithin)
	defer cancel()
	c, err := dial(ctx)
	if err != nil {
		return err
	}
	return c.Close()
}

func (db *database) strike(s tcp.Strike) {
	db.mu.Lock()
	struck := db.struck
	db.mu.Unlock()
	if struck != nil {
		struck(s)
	}
}

// tell makes one run hear of strikes; nil none.
func (db *database) tell(struck func(tcp.Strike)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.struck = struck
}

// outages let go wrong what the plan has for the endpoint's database. The deliveries concerned come one after the other, with nothing else
// under way, so that what comes to the proxy meanwhile is theirs.
type outages struct {
	c     *conduct
	db    *database
	types map[string]string // of the plan's events

	mu       sync.Mutex
	under    replay.Delivery             // the delivery under way; none with the number 0
	requests map[string]int              // of the last clean delivery, by the event's type
	struck   map[int]replay.DatabaseKind // by delivery
}

func newOutages(c *conduct, db *database) *outages {
	o := &outages{c: c, db: db, types: map[string]string{}, requests: map[string]int{}, struck: map[int]replay.DatabaseKind{}}
	for _, e := range c.p.plan.Events {
		o.types[e.Key] = e.Type
	}
	db.tell(o.strike)
	return o
}

// ready ends the delivery before, and puts in place what is to go wrong with the next one.
func (o *outages) ready(d replay.Delivery) {
	o.over()
	var f tcp.Fault
	if d.Database != nil {
		f = tcp.Fault{Kind: kindsOfOutages[d.Database.Kind], Request: d.Database.Request(o.usual(d.Event)), For: d.Database.For}
	}
	o.mu.Lock()
	o.under = d
	o.mu.Unlock()
	o.db.proxy.Begin(f)
}

var kindsOfOutages = map[replay.DatabaseKind]tcp.Kind{replay.DatabaseSlow: tcp.Slow, replay.DatabaseCut: tcp.Cut, replay.DatabaseLost: tcp.Lost}

// over ends the delivery under way. A clean one shows how many requests there are.
func (o *outages) over() {
	n := o.db.proxy.End()
	o.mu.Lock()
	defer o.mu.Unlock()
	if d := o.under; n > 0 && d.Role == replay.RoleFirst && d.Clean() {
		o.requests[o.types[d.Event]] = n
	}
	o.under = replay.Delivery{}
}

// usual is how many requests a clean delivery of such an event causes, or of any, where none of its type was counted.
func (o *outages) usual(event string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n, counted := o.requests[o.types[event]]; counted {
		return n
	}
	most := 0
	for _, n := range o.requests {
		most = max(most, n)
	}
	return most
}

// strike notes that the fault of the delivery under way takes place.
func (o *outages) strike(s tcp.Strike) {
	o.mu.Lock()
	d := o.under
	if d.Database != nil {
		o.struck[d.N] = d.Database.Kind
	}
	o.mu.Unlock()
	if d.Database == nil {
		return
	}
	o.c.rec.Mark(replay.TargetRun, replay.Mark{Kind: replay.MarkMishap, At: o.c.rec.Now(), Fired: true, Text: tellStrike(s, d)})
}

func tellStrike(s tcp.Strike, d replay.Delivery) string {
	switch s.Kind {
	case tcp.Cut:
		return fmt.Sprintf("database cut in the midst of request %d of delivery %d, after %d bytes", s.Request, d.N, s.Bytes)
	case tcp.Lost:
		return fmt.Sprintf("database cut instead of its reply to request %d of delivery %d", s.Request, d.N)
	}
	return fmt.Sprintf("database slow during delivery %d: each request %s late", d.N, d.Database.For)
}

// ended notes on an attempt what happened during it.
func (o *outages) ended(a replay.Attempt) replay.Attempt {
	o.mu.Lock()
	defer o.mu.Unlock()
	if kind := o.struck[a.Delivery]; kind != "" && a.Struck == "" {
		a.Struck = replay.ProcessKind(kind)
	}
	return a
}

// phase takes everything out again after the deliveries concerned.
func (o *outages) phase(p replay.Phase) {
	if p != replay.PhaseProcess {
		o.over()
	}
}
