package audit

import (
	"slices"
	"sort"
	"time"
)

// few is how many events of a subject are looked at one by one.
const few = 32

// rivals are the events of a subject by their order, so that whether something newer was sent before is answered
// without looking at each of them.
type rivals struct {
	sources  int
	all      ranking
	bySource map[string]ranking // of those with a version
}

// ranking are events that were sent, the newest first, each with the earliest starts among it and all before it.
type ranking []ranked

type ranked struct {
	f *dossier
	// start is the earliest; other is the earliest of an event that is no twin of that one.
	start, other time.Duration
	earliest     content
}

// content is what twins have in common.
type content struct{ fixture, version string }

func contentOf(f *dossier) content { return content{f.event.Fixture, f.event.Version} }

func (d *docket) rivalsOf(f *dossier) *rivals {
	if r := d.rivals[f.subject]; r != nil {
		return r
	}
	sources, sent, bySource := map[string]bool{}, []*dossier{}, map[string][]*dossier{}
	for _, g := range d.siblingsOf(f) {
		s := g.event.Source
		if sources[s] = true; len(g.attempts) == 0 {
			continue
		}
		sent = append(sent, g)
		if g.event.Version != "" {
			bySource[s] = append(bySource[s], g)
		}
	}
	r := &rivals{len(sources), rank(sent), map[string]ranking{}}
	for s, list := range bySource {
		r.bySource[s] = rank(list)
	}
	if d.rivals == nil {
		d.rivals = map[int32]*rivals{}
	}
	d.rivals[f.subject] = r
	return r
}

func rank(list []*dossier) ranking {
	slices.SortStableFunc(list, func(a, b *dossier) int { return b.event.Order(*a.event) })
	out := make(ranking, len(list))
	best := ranked{start: never, other: never}
	for i, f := range list {
		switch start := f.attempts[0].Start; {
		case contentOf(f) == best.earliest || best.start == never:
			best.start, best.earliest = min(best.start, start), contentOf(f)
		case start < best.start:
			best.start, best.other, best.earliest = start, best.start, contentOf(f)
		default:
			best.other = min(best.other, start)
		}
		out[i] = ranked{f, best.start, best.other, best.earliest}
	}
	return out
}

// newer is when the first event that is newer than f was sent; never if none was.
func (r *rivals) newer(f *dossier) time.Duration {
	n := sort.Search(len(r.all), func(i int) bool { return f.event.Order(*r.all[i].f.event) >= 0 })
	if n == 0 {
		return never
	}
	return r.all[n-1].start
}

// rivalBefore says that an event of the same source and subject that is newer than f, or ties with it, was sent before
// a moment. A twin is no rival: both need their effect.
func (d *docket) rivalBefore(f *dossier, at time.Duration) bool {
	siblings := d.siblingsOf(f)
	if len(siblings) > few {
		list := d.rivalsOf(f).bySource[f.event.Source]
		n := sort.Search(len(list), func(i int) bool { return f.event.Order(*list[i].f.event) > 0 })
		if n == 0 {
			return false
		}
		if r := list[n-1]; r.earliest != contentOf(f) {
			return r.start < at
		}
		return list[n-1].other < at
	}
	for _, g := range siblings {
		if g == f || len(g.attempts) == 0 || g.attempts[0].Start >= at {
			continue
		}
		if g.event.Version != "" && g.event.Source == f.event.Source && g.event.Order(*f.event) >= 0 && !twins(f.event, g.event) {
			return true
		}
	}
	return false
}
