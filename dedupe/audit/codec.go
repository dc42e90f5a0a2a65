package audit

import (
	"encoding/binary"
	"math"

	"hookonce/replay"
)

// codec writes what is spilled, or reads it back: one description of a noun serves both, so that they cannot differ. It
// leaves out an event's body and headers, which no check looks at, and nothing else.
type codec struct {
	buf     []byte
	reading bool
	bad     bool
	known   map[string]string // strings read before: most are told again and again
}

func (c *codec) uint(v uint64) uint64 {
	if !c.reading {
		c.buf = binary.AppendUvarint(c.buf, v)
		return v
	}
	v, n := binary.Uvarint(c.buf)
	if n <= 0 {
		c.bad, c.buf = true, nil
		return 0
	}
	c.buf = c.buf[n:]
	return v
}

func number[T ~int | ~int64](c *codec, p *T) {
	v := int64(*p)
	v = int64(c.uint(uint64(v<<1) ^ uint64(v>>63)))
	if c.reading {
		*p = T(int64(uint64(v)>>1) ^ -(v & 1))
	}
}

func text[T ~string](c *codec, p *T) {
	n := c.uint(uint64(len(*p)))
	if !c.reading {
		c.buf = append(c.buf, *p...)
		return
	}
	if n == 0 {
		*p = ""
		return
	}
	if n > uint64(len(c.buf)) {
		c.bad, c.buf = true, nil
		return
	}
	s, ok := c.known[string(c.buf[:n])]
	if !ok {
		s = string(c.buf[:n])
		c.known[s] = s
	}
	*p, c.buf = T(s), c.buf[n:]
}

func (c *codec) texts(p *[]string) {
	n := c.uint(uint64(len(*p)))
	if c.reading && n > 0 && n <= uint64(len(c.buf)) {
		*p = make([]string, n)
	}
	for i := range *p {
		text(c, &(*p)[i])
	}
}

func (c *codec) yes(all ...*bool) {
	var set uint64
	for i, p := range all {
		if *p {
			set |= 1 << i
		}
	}
	if set = c.uint(set); !c.reading { // what is written is never touched: others read it meanwhile
		return
	}
	for i, p := range all {
		*p = set>>i&1 == 1
	}
}

func (c *codec) float(p *float64) {
	if v := c.uint(math.Float64bits(*p)); c.reading {
		*p = math.Float64frombits(v)
	}
}

func (c *codec) share(p **float64) {
	if has(c, p) {
		c.float(*p)
	}
}

// has tells whether there is something, and makes room for it where it is read.
func has[T any](c *codec, p **T) bool {
	there := *p != nil
	if c.yes(&there); there && c.reading {
		*p = new(T)
	}
	return there
}

func (c *codec) event(e *replay.Event) {
	for _, s := range []*string{&e.Key, &e.Source, &e.ID, &e.Type, &e.Subject, &e.Version, &e.Provider, &e.Fixture, &e.OriginalKey, &e.EffectKey, &e.SHA256} {
		text(c, s)
	}
	number(c, &e.Rank)
	c.yes(&e.Deletes, &e.Live)
	c.texts(&e.Refs)
}

func (c *codec) delivery(d *replay.Delivery) {
	text(c, &d.Event)
	text(c, &d.Phase)
	text(c, &d.Fault)
	text(c, &d.Role)
	number(c, &d.N)
	number(c, &d.At)
	number(c, &d.After)
	number(c, &d.Wait)
	number(c, &d.Replica)
	clean := d.Clean() // as nearly all are in a long run
	if c.yes(&clean); !clean {
		c.conditions(&d.Conditions)
	}
}

func (c *codec) conditions(d *replay.Conditions) {
	number(c, &d.Gate)
	text(c, &d.Signature)
	text(c, &d.Rewrite)
	text(c, &d.Batch)
	text(c, &d.With)
	c.yes(&d.NewAttempt)
	c.share(&d.Lag)
	if has(c, &d.HangUp) {
		c.share(&d.HangUp.Latency)
		c.share(&d.HangUp.Body)
	}
	if has(c, &d.Redis) {
		text(c, &d.Redis.Kind)
		text(c, &d.Redis.Text)
		c.share(&d.Redis.Share)
		number(c, &d.Redis.Nth)
		number(c, &d.Redis.For)
		c.yes(&d.Redis.Whole)
	}
	if has(c, &d.Downstream) {
		text(c, &d.Downstream.Kind)
		number(c, &d.Downstream.For)
	}
	if has(c, &d.Database) {
		text(c, &d.Database.Kind)
		c.float(&d.Database.Share)
		number(c, &d.Database.For)
	}
	if has(c, &d.Process) {
		text(c, &d.Process.Kind)
		text(c, &d.Process.Moment)
		number(c, &d.Process.For)
	}
}

func (c *codec) attempt(a *replay.Attempt) {
	text(c, &a.Event)
	text(c, &a.Outcome)
	text(c, &a.ID)
	text(c, &a.Body)
	text(c, &a.Error)
	number(c, &a.Delivery)
	number(c, &a.Start)
	for _, t := range []*int64{(*int64)(&a.LastByte), (*int64)(&a.FirstByte), (*int64)(&a.End), (*int64)(&a.RetryAfter), (*int64)(&a.HangUpAt), (*int64)(&a.Late)} {
		number(c, t)
	}
	number(c, &a.Status)
	number(c, &a.Replica)
	text(c, &a.Struck)
	c.yes(&a.Truncated, &a.Fired, &a.NoRetry)
}

func (c *codec) effect(e *replay.Effect) {
	for _, s := range []*string{&e.Source, &e.Name, &e.Key, &e.IdempotencyKey, &e.Subject, &e.Version} {
		text(c, s)
	}
	number(c, &e.At)
	number(c, &e.Since)
	number(c, &e.Count)
	number(c, &e.Unsure)
	c.yes(&e.Deleted, &e.Earlier)
}

func (c *codec) gate(g *release) {
	c.judged(&g.Gate)
	number(c, &g.planned)
	c.yes(&g.control, &g.process)
	own := len(g.own)
	number(c, &own)
	if c.reading && own > 0 && own <= len(c.buf) {
		g.own = make([]ownGate, own)
	}
	for i := range g.own {
		text(c, &g.own[i].event)
		c.judged(&g.own[i].Gate)
	}
}

func (c *codec) judged(g *replay.Gate) {
	for _, n := range []*int{&g.Number, &g.Copies, &g.Replicas, &g.Events, &g.Met} {
		number(c, n)
	}
	number(c, &g.Spread)
	c.yes(&g.Overlapped)
}
