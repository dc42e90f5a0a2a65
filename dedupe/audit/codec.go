package audit

import (
	"encoding/binary"
	"math"

	"hookonce/replay"
)

// codec writes what is spilled, or reads it back: one description of a noun serves both, so that they cannot differ. It
// leaves out what no check looks at.
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

func (c *codec) share(p **float64) {
	there := *p != nil
	c.yes(&there)
	if !there {
		return
	}
	if !c.reading {
		c.uint(math.Float64bits(**p))
		return
	}
	v := math.Float64frombits(c.uint(0))
	*p = &v
}

func (c *codec) event(e *replay.Event) {
	for _, s := range []*string{&e.Key, &e.Source, &e.ID, &e.Type, &e.Subject, &e.Version, &e.Provider, &e.Fixture, &e.EffectKey} {
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
	text(c, &d.Signature)
	number(c, &d.N)
	number(c, &d.At)
	number(c, &d.After)
	number(c, &d.Wait)
	number(c, &d.Gate)
	c.share(&d.Lag)
	hangs := d.HangUp != nil
	c.yes(&hangs)
	if hangs {
		if c.reading {
			d.HangUp = &replay.HangUp{}
		}
		c.share(&d.HangUp.Latency)
		c.share(&d.HangUp.Body)
	}
	text(c, &d.Rewrite)
	number(c, &d.Replica)
	struck := d.Process != nil
	c.yes(&struck)
	if struck {
		if c.reading {
			d.Process = &replay.ProcessFault{}
		}
		text(c, &d.Process.Kind)
		text(c, &d.Process.Moment)
		number(c, &d.Process.For)
	}
	cut := d.Database != nil
	c.yes(&cut)
	if cut {
		if c.reading {
			d.Database = &replay.DatabaseFault{}
		}
		text(c, &d.Database.Kind)
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
	c.yes(&a.Truncated, &a.Fired)
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
