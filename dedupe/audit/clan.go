package audit

import (
	"fmt"
	"slices"
	"strings"

	"hookonce/replay"
)

// clan are events whose effects are counted under ids that several of them share, so that only the effects of all together are known: the
// events of one subject, where the endpoint counts by that, or all of a customer.
type clan struct{ events []*dossier }

// unite makes one clan of the owners of an effect, and of all with whom they shared one before.
func unite(owners []*dossier) {
	first := owners[0]
	if first.clan == nil {
		first.clan = &clan{[]*dossier{first}}
	}
	for _, f := range owners[1:] {
		switch c := first.clan; {
		case f.clan == c:
		case f.clan == nil:
			c.events, f.clan = append(c.events, f), c
		default:
			for _, g := range f.clan.events {
				c.events, g.clan = append(c.events, g), c
			}
		}
	}
}

// clans lists them by their first events, each with its events in the plan's order.
func (d *docket) clans() []*clan {
	var out []*clan
	seen := map[*clan]bool{}
	for _, f := range d.events {
		if c := f.clan; c != nil && !seen[c] {
			seen[c] = true
			slices.SortFunc(c.events, func(a, b *dossier) int { return int(a.place - b.place) })
			out = append(out, c)
		}
	}
	return out
}

// all says that something holds for each of its events.
func (c *clan) all(holds func(*dossier) bool) bool {
	return !slices.ContainsFunc(c.events, func(f *dossier) bool { return !holds(f) })
}

// fixtures are those of its events: two clans of the same ones have the same number of effects.
func (c *clan) fixtures() string {
	names := make([]string, len(c.events))
	for i, f := range c.events {
		names[i] = f.event.Fixture
	}
	slices.Sort(names)
	return strings.Join(names, "\x00")
}

// counts are its effects, by name, each counted once; until says which of them count.
func (c *clan) counts(names int, until func(*replay.Effect) bool) []int {
	out, seen := make([]int, names), map[*replay.Effect]bool{}
	for _, f := range c.events {
		for _, t := range f.tallies {
			for _, e := range t.seen {
				if !seen[e] && until(e) {
					seen[e] = true
					out[t.name] += e.Count
				}
			}
		}
	}
	return out
}

func always(*replay.Effect) bool { return true }

// usual is the most effects that a clan has when all is well, by name; known is false where control does not tell.
func (d *docket) usual(c *clan) (most []int, known bool) {
	if most, known = d.learnt.together[c.fixtures()]; known {
		return most, true
	}
	most = make([]int, len(d.names))
	for _, f := range c.events {
		if f.told || f.standing != "" {
			return nil, false
		}
		for i := range most {
			most[i] += f.most[i]
		}
	}
	return most, true
}

// judgeable says that all effects of a clan are of events that nothing excuses.
func (d *docket) judgeable(c *clan) bool {
	return c.all(func(f *dossier) bool {
		return len(f.planned) == 0 || len(f.attempts) > 0 && !f.forgotten && f.badSignature == replay.SignValid && !d.outlived(f)
	})
}

// surplusOf is the first effect of which a clan has too many; "" for none.
func (d *docket) surplusOf(c *clan) (what string, seen, normal int, judged bool) {
	if !d.judgeable(c) {
		return "", 0, 0, false
	}
	counts := c.counts(len(d.names), always)
	if c.all(func(f *dossier) bool { return f.told }) {
		return d.surplusOfTold(c, counts)
	}
	most, known := d.usual(c)
	if !known {
		return "", 0, 0, false
	}
	for i, n := range d.names {
		if most[i] > 0 && counts[i] > most[i] {
			return n.String(), counts[i], most[i], true
		}
	}
	return "", 0, 0, true
}

// surplusOfTold goes by what the user said, which holds for each source.
func (d *docket) surplusOfTold(c *clan, counts []int) (what string, seen, normal int, judged bool) {
	due, bySource := 0, map[string]int{}
	for _, f := range c.events {
		due += f.expected
	}
	for i, n := range d.names {
		if bySource[n.source] += counts[i]; bySource[n.source] > due {
			return n.source, bySource[n.source], due, true
		}
	}
	return "", 0, 0, true
}

// sharedDoubles judges clans: only their sums can be too large.
func (d *docket) sharedDoubles() (out []Finding, judged int) {
	for _, c := range d.clans() {
		what, seen, normal, known := d.surplusOf(c)
		if known {
			judged++
		}
		if what == "" {
			continue
		}
		first := c.events[slices.IndexFunc(c.events, func(f *dossier) bool { return len(f.planned) > 0 })]
		x := d.finding("double-processing", first)
		x.rank += afterwards
		x.Effects, x.Expected, x.Effect = seen, normal, what
		x.Message = fmt.Sprintf("%s have %s, %d are normal for them together", c.title(), plural(seen, "effect"), normal)
		x.Advice = causeAdvice[AfterAck]
		out = append(out, x)
	}
	return out, judged
}

// title names a clan for a sentence.
func (c *clan) title() string {
	first := c.events[0].event
	if first.Subject != "" && c.all(func(f *dossier) bool { return f.event.Subject == first.Subject }) {
		return fmt.Sprintf("the %s of %s", plural(len(c.events), "event"), first.Subject)
	}
	return fmt.Sprintf("%s that share an id, of which %s is the first,", plural(len(c.events), "event"), first.Key)
}

// studyClans learns what the events of control have together, where it is not known of each.
func (l *learnt) studyClans(d *docket) {
	for _, c := range d.clans() {
		if !c.all(func(f *dossier) bool { return f.control && f.acked() && f.unsure == 0 }) {
			continue
		}
		repeated := !c.all(func(f *dossier) bool { return !f.repeated() })
		counts := c.counts(l.names, func(e *replay.Effect) bool { return !repeated || d.faultsFrom < 0 || e.At <= d.faultsFrom })
		of := c.fixtures()
		for i, n := range l.together[of] {
			counts[i] = max(counts[i], n)
		}
		l.together[of] = counts
	}
}
