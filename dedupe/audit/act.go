package audit

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hookonce/replay"
)

// deed is what a Redis command does to a key, as far as locks and marks are concerned.
type deed int

const (
	otherDeed deed = iota
	readDeed       // done: the key was there
	claimDeed      // done: it was not there before, and is now
	writeDeed
	removeDeed // done: it was there
	expireDeed
)

// act is one command about an event, read as a step of a lock.
type act struct {
	*replay.Command
	deed deed
	key  string
	done bool
	ttl  time.Duration // that it gave the key; 0 for none, or not told
	// failed says that a fault struck it, or that it was answered with an error.
	failed bool
}

// actsOf reads the commands about an event, in the order in which they came.
func (d *docket) actsOf(event string) (out []act) {
	if d.commands == nil {
		d.commands = map[string][]*replay.Command{}
		for i := range d.h.Commands {
			c := &d.h.Commands[i]
			d.commands[c.Event] = append(d.commands[c.Event], c)
		}
	}
	for _, c := range d.commands[event] {
		out = append(out, actOf(c))
	}
	slices.SortStableFunc(out, func(a, b act) int { return cmp.Compare(a.At, b.At) })
	return out
}

func actOf(c *replay.Command) act {
	a := act{Command: c, failed: c.Fault != "" || strings.HasPrefix(c.Reply, "(error)")}
	if len(c.Args) == 0 {
		return a
	}
	a.key = c.Args[0]
	truth := c.End != 0 && !a.failed && c.Reply != "nil" && c.Reply != "0"
	switch c.Name {
	case "GET", "EXISTS", "HGET", "HGETALL", "TTL":
		a.deed, a.done = readDeed, truth
	case "SETNX":
		a.deed, a.done = claimDeed, truth
	case "SET":
		a.deed, a.done = writeDeed, truth
		if option(c.Args, "NX") > 0 {
			a.deed = claimDeed
		}
		a.ttl = spanOf(c.Args, "EX", time.Second) + spanOf(c.Args, "PX", time.Millisecond)
	case "SETEX", "PSETEX", "EXPIRE", "PEXPIRE":
		a.deed, a.done = writeDeed, truth
		if strings.HasSuffix(c.Name, "EXPIRE") {
			a.deed = expireDeed
		}
		unit := time.Second
		if c.Name[0] == 'P' {
			unit = time.Millisecond
		}
		if len(c.Args) > 1 {
			a.ttl = parseSpan(c.Args[1], unit)
		}
	case "DEL", "UNLINK":
		a.deed, a.done = removeDeed, truth
	case "EVAL", "EVALSHA":
		if len(c.Args) > 2 {
			a.key = c.Args[2]
		}
	}
	return a
}

// option is the place of a word among a SET's options; 0 where it has none.
func option(args []string, word string) int {
	for i := 2; i < len(args); i++ {
		if strings.EqualFold(args[i], word) {
			return i
		}
	}
	return 0
}

func spanOf(args []string, word string, unit time.Duration) time.Duration {
	if i := option(args, word); i > 0 && i+1 < len(args) {
		return parseSpan(args[i+1], unit)
	}
	return 0
}

func parseSpan(text string, unit time.Duration) time.Duration {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || n > int64(1<<62)/int64(unit) {
		return 0
	}
	return time.Duration(n) * unit
}

// during are the acts that came while an attempt was handled, and while no attempt that began later was.
func (d *docket) during(a *replay.Attempt, f *dossier, acts []act) (out []act) {
	from, to := d.handled(a)
	for _, x := range acts {
		if x.At < from || x.At > to {
			continue
		}
		later := slices.ContainsFunc(f.attempts, func(b *replay.Attempt) bool {
			return b != a && b.Start >= from && b.Start <= x.At && b.Delivery != a.Delivery
		})
		if !later {
			out = append(out, x)
		}
	}
	return out
}

// attemptAt is the attempt that an act belongs to: the last one that had begun. nil where there is none.
func (f *dossier) attemptAt(x act) (at *replay.Attempt) {
	for _, a := range f.attempts {
		if a.Start <= x.At {
			at = a
		}
	}
	return at
}
