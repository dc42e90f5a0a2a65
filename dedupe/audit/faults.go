package audit

import (
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// fired says of a delivery, and the attempt made on it, whether its fault really took place.
var fired = map[string]func(*docket, *dossier, *replay.Delivery, *replay.Attempt) bool{
	"duplicate": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"late":      func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"retry":     func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return true },
	"timeout":   func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return a.Fired },
	"truncated": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return a.Fired },
	"bad-signature": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool {
		return a.Status != 0
	},
	"reorder": func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool {
		return d.newerBefore(f, a.Start)
	},
	"with-request": func(d *docket, _ *dossier, p *replay.Delivery, a *replay.Attempt) bool {
		return a.Status < 400 && d.gate(p).Overlapped
	},
	"other-bytes":   func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"twins":         func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return true },
	"same-id":       func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return true },
	"attempt-id":    func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"rebatch":       func(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool { return f.ackedBefore(a.Start) },
	"race":          raced,
	"dense":         raced,
	"race-versions": raced,
	"stagger":       staggered,
}

// staggered says that a copy was sent while an earlier one of its gate was not answered.
func staggered(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) bool {
	return slices.ContainsFunc(f.attempts, func(b *replay.Attempt) bool {
		q := d.delivery(b.Delivery)
		return a.LastByte != 0 && b != a && q != nil && q.Gate == p.Gate && b.LastByte != 0 && b.LastByte <= a.LastByte &&
			(b.FirstByte == 0 || b.FirstByte > a.LastByte)
	})
}

func raced(d *docket, _ *dossier, p *replay.Delivery, _ *replay.Attempt) bool {
	return d.gate(p).Overlapped
}

// neverCommitted says that no provider is known to commit the fault: what it finds is a hint, not a violation.
func neverCommitted(fault string) bool {
	return fault == "twins" || fault == "same-id" || fault == "rebatch"
}

// carries says which deliveries of a fault bring it about; the others only go along.
func carries(p *replay.Delivery) bool {
	switch p.Fault {
	case "duplicate", "other-bytes", "attempt-id", "rebatch":
		return p.Role == replay.RoleDuplicate
	case "retry":
		return p.Role == replay.RoleRedelivery
	case "timeout", "truncated":
		return p.HangUp != nil
	case "late":
		return p.Role == replay.RoleLate
	case "reorder":
		return p.Role == replay.RoleFirst
	case "with-request":
		return p.Role == replay.RoleRequest
	}
	switch p.Fault {
	case "race-versions":
		return p.Gate != 0 && p.Role == replay.RoleFirst
	case "stagger":
		return p.Lag != nil
	}
	if strings.HasPrefix(p.Fault, processFaults) {
		return p.Process != nil
	}
	if strings.HasPrefix(p.Fault, databaseFaults) {
		return p.Database != nil
	}
	if strings.HasPrefix(p.Fault, downstreamFaults) {
		return p.Role == replay.RoleFirst
	}
	return p.Fault != "" && (p.Redis != nil || !strings.HasPrefix(p.Fault, redisFaults))
}

// redisFaults is how the names of faults begin that strike the endpoint's Redis.
const redisFaults = "redis-"

// downstreamFaults is how the names of faults begin that strike what the endpoint calls.
const downstreamFaults = "downstream-"

// databaseFaults is how the names of faults begin that strike the endpoint's database.
const databaseFaults = "database-"

// processFaults is how the names of faults begin that strike the endpoint's processes.
const processFaults = "process-"

// firedOf is the rule of a fault; nil for one that is not known.
func firedOf(fault string) func(*docket, *dossier, *replay.Delivery, *replay.Attempt) bool {
	if strings.HasPrefix(fault, redisFaults) {
		return func(_ *docket, f *dossier, _ *replay.Delivery, _ *replay.Attempt) bool { return f.struck != "" }
	}
	if strings.HasPrefix(fault, processFaults) || strings.HasPrefix(fault, downstreamFaults) || strings.HasPrefix(fault, databaseFaults) {
		return func(_ *docket, _ *dossier, _ *replay.Delivery, a *replay.Attempt) bool { return a.Struck != "" }
	}
	return fired[fault]
}

func (f *dossier) ackedBefore(at time.Duration) bool {
	acks := f.acks
	return len(acks) > 0 && acks[0].End <= at
}

// newerBefore says that a newer event of the subject had been sent before.
func (d *docket) newerBefore(f *dossier, at time.Duration) bool {
	if siblings := d.siblingsOf(f); len(siblings) > few {
		return d.rivalsOf(f).newer(f) < at
	}
	for _, g := range d.siblingsOf(f) {
		if f.event.Order(*g.event) < 0 && len(g.attempts) > 0 && g.attempts[0].Start < at {
			return true
		}
	}
	return false
}

// faultCount is a row in the making.
type faultCount struct {
	FaultRow
	first int // the number of the first delivery that carries it
	sent  int
	fired func(*docket, *dossier, *replay.Delivery, *replay.Attempt) bool
}

// faultCounts counts, per fault, the deliveries that carry it and those on which it took place.
func (d *docket) faultCounts() []faultCount {
	var counts []faultCount // a dozen at most, and neighbours mostly have one fault: a map would cost more
	at := 0
	count := func(fault string) *faultCount {
		if at >= len(counts) || counts[at].Fault != fault {
			at = slices.IndexFunc(counts, func(c faultCount) bool { return c.Fault == fault })
		}
		if at < 0 {
			at = len(counts)
			counts = append(counts, faultCount{FaultRow: FaultRow{Fault: fault}, fired: firedOf(fault)})
		}
		return &counts[at]
	}
	for i := range d.h.Plan.Deliveries {
		if p := &d.h.Plan.Deliveries[i]; carries(p) {
			c := count(p.Fault)
			if c.Planned++; c.Planned == 1 {
				c.first = p.N
			}
		}
	}
	for _, f := range d.events {
		for _, a := range f.sent() {
			if p := d.delivery(a.Delivery); p != nil && carries(p) {
				count(p.Fault).add(d, f, p, a)
			}
		}
	}
	return counts
}

// faultRows says whether the faults took place, in the order of the plan.
func (d *docket) faultRows(counts []faultCount) []FaultRow {
	var out []FaultRow
	for _, c := range counts {
		c.Reason = d.unfired(c.FaultRow, c.sent)
		out = append(out, c.FaultRow)
	}
	for _, s := range d.h.Plan.Skipped {
		out = append(out, FaultRow{Fault: s.Fault, Reason: s.Reason})
	}
	return out
}

func (c *faultCount) add(d *docket, f *dossier, p *replay.Delivery, a *replay.Attempt) {
	if c.fired == nil {
		return
	}
	c.sent++
	if c.fired(d, f, p, a) {
		c.Fired++
	}
}

const (
	unsentFault = "none of its deliveries was sent"
	unusedRedis = "the endpoint asked nothing of the Redis at REDIS_URL, so no moment came for it; if it has a Redis, let it use that one"
)

// Unused says that the endpoint was offered a Redis, and had no use for it: what happened to that one, and to its clock, says nothing.
func Unused(h *replay.History) bool {
	return h.Plan.Settings.Offered && !slices.ContainsFunc(h.Commands, func(c replay.Command) bool {
		return !slices.Contains(ofConnections, c.Name)
	})
}

// ofConnections are the commands that a driver sends to make sure of a connection.
var ofConnections = []string{"AUTH", "CLIENT", "COMMAND", "HELLO", "INFO", "PING", "QUIT", "SELECT"}

func (d *docket) unused() bool { return Unused(d.h) }

func (d *docket) unfired(r FaultRow, sent int) string {
	switch {
	case r.Fired > 0:
		return ""
	case sent == 0 && r.Fault != "retry":
		return unsentFault
	case d.unused() && (strings.HasPrefix(r.Fault, redisFaults) || strings.HasPrefix(r.Fault, processFaults)):
		return unusedRedis
	}
	if strings.HasPrefix(r.Fault, redisFaults) {
		return "no command of these events came to the Redis proxy: is its address the endpoint's REDIS_URL, and is the event's id in a key or value?"
	}
	if strings.HasPrefix(r.Fault, downstreamFaults) {
		return "no call that holds the id of one of these events came to the sink"
	}
	if strings.HasPrefix(r.Fault, databaseFaults) {
		return "nothing came to the database proxy before these deliveries were answered: is its address the endpoint's DATABASE_URL, and does the endpoint do its work before it answers?"
	}
	if strings.HasPrefix(r.Fault, processFaults) {
		return "no moment came for it: no command of these events came to the Redis proxy, and no source tells effects as they happen"
	}
	switch r.Fault {
	case "retry":
		return "nothing was refused, so nothing had to be redelivered"
	case "with-request":
		return "the request never overlapped with its event, or was answered with an error: does the endpoint know the fresh ids, and is the path right?"
	case "race":
		return "raced copies never overlapped"
	case "stagger":
		return "each copy was answered before the next one was sent"
	case "race-versions":
		return "one version was answered before the other was sent, each time"
	case "dense":
		return "the two copies of an event never overlapped: fewer events at once may (--dense 10)"
	case "duplicate", "late", "other-bytes", "attempt-id", "rebatch":
		return "no event was acknowledged before its duplicate"
	case "timeout":
		return "the endpoint answered before every hang-up"
	case "reorder":
		return "no older event came after a newer one of its subject"
	}
	return "no answer came to any of its deliveries"
}
