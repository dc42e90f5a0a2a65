package audit

import (
	"slices"
	"strings"

	"hookonce/replay"
)

// matcher finds the events an effect's key speaks of. An endpoint may count by
// the event's id, by its subject, or by another id of the payload.
type matcher struct {
	byEffectKey map[string][]*dossier // only where the user named the place of the key
	keys        map[string]*dossier
	levels      []func(string) []*dossier // ids shared by several sources, subjects, other ids
}

func (d *docket) matcher() matcher {
	m := matcher{keys: d.byKey}
	if d.part != nil && d.part.effectKeys {
		m.byEffectKey = map[string][]*dossier{}
	}
	ids, refs := map[string][]*dossier{}, map[string][]*dossier{}
	for _, f := range d.events {
		e := f.event
		if e.EffectKey != "" {
			if m.byEffectKey == nil {
				m.byEffectKey = map[string][]*dossier{}
			}
			m.byEffectKey[e.EffectKey] = append(m.byEffectKey[e.EffectKey], f)
		}
		if e.ID != "" && e.ID != e.Key {
			ids[e.ID] = append(ids[e.ID], f)
		}
		for _, r := range e.Refs {
			if r != e.Key && r != e.Subject {
				refs[r] = append(refs[r], f)
			}
		}
	}
	m.levels = []func(string) []*dossier{
		func(id string) []*dossier { return ids[id] }, d.ofSubject, func(ref string) []*dossier { return refs[ref] },
	}
	return m
}

// exactly lists the events that a key names as it stands, the narrowest meaning first.
func (m matcher) exactly(key string) []*dossier {
	if f := m.keys[key]; f != nil {
		return []*dossier{f}
	}
	for _, level := range m.levels {
		if f := level(key); f != nil {
			return f
		}
	}
	return nil
}

func (m matcher) find(key string) []*dossier {
	if m.byEffectKey != nil {
		return m.byEffectKey[key]
	}
	if f := m.exactly(key); f != nil {
		return f
	}
	// Keys are often decorated: "charge:evt_1", "evt_1/email".
	parts := partsOf(key)
	if len(parts) < 2 {
		return nil
	}
	telling := telling(slices.Concat(widePartsOf(key), parts))
	for _, p := range telling {
		if f := m.keys[p]; f != nil {
			return []*dossier{f}
		}
	}
	for _, level := range m.levels {
		for _, p := range telling {
			if f := level(p); f != nil {
				return ofSource(f, parts)
			}
		}
	}
	return nil
}

// shortPart is up to how many bytes a part of a key may be there by chance: the number of an attempt, or a piece of another id.
const shortPart = 3

// telling leaves out the parts of a key that may be there by chance, unless nothing else in it looks like an id.
func telling(parts []string) []string {
	ids := 0
	for _, p := range parts {
		if strings.ContainsAny(p, "0123456789") {
			ids++
		}
	}
	return slices.DeleteFunc(parts, func(p string) bool { return len(p) <= shortPart && ids > 2 }) // each is there twice
}

// partsOf cuts a key where the ids in it end.
func partsOf(key string) []string {
	return strings.FieldsFunc(key, func(r rune) bool { return !idRune(r) })
}

// widePartsOf cuts a key into ids that may hold dashes and dots, as a UUID does.
func widePartsOf(key string) []string {
	return strings.FieldsFunc(key, func(r rune) bool { return !idRune(r) && r != '-' && r != '.' })
}

func idRune(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

// ofSource narrows events of one id down to the source that the key names, too.
func ofSource(owners []*dossier, parts []string) []*dossier {
	var out []*dossier
	for _, f := range owners {
		if slices.Contains(parts, f.event.Source) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return owners
	}
	return out
}

// fileEffects gives every effect to the event it belongs to.
func (d *docket) fileEffects() {
	m := d.matcher()
	r := &effectRoom{make([]tally, min(len(d.events), len(d.h.Effects))), make([]*replay.Effect, len(d.h.Effects))}
	var last *dossier
	for i := range d.h.Effects {
		e := &d.h.Effects[i]
		switch {
		case e.Earlier:
			continue
		case e.State():
			d.fileState(*e)
			continue
		case m.byEffectKey == nil:
			if f := d.find(e.Key, last); f != nil {
				last = f
				f.add(e, d.nameOf(e), r)
				continue
			}
		}
		d.fileCount(m.find(e.Key), e, r)
	}
}

// effectRoom is what the first tally of each event, and its first observation, are cut from.
type effectRoom struct {
	tallies []tally
	seen    []*replay.Effect
}

func (d *docket) fileCount(owners []*dossier, e *replay.Effect, r *effectRoom) {
	if len(owners) == 0 {
		d.unmatched[e.Source]++
		return
	}
	name := d.nameOf(e)
	for _, f := range owners {
		f.add(e, name, r)
		f.shared = f.shared || len(owners) > 1
	}
	if len(owners) > 1 {
		unite(owners)
	}
}

// nameOf is the place of an effect's name in the docket's names.
func (d *docket) nameOf(e *replay.Effect) int {
	d.matched = true
	name := effectName{e.Source, e.Name}
	i := slices.Index(d.names, name)
	if i < 0 {
		i = len(d.names)
		d.names = append(d.names, name)
	}
	return i
}

func (f *dossier) add(e *replay.Effect, name int, r *effectRoom) {
	t := f.tally(name)
	if t == nil {
		f.tallies = append(carve(f.tallies, 1, &r.tallies), tally{name: name})
		t = &f.tallies[len(f.tallies)-1]
	}
	unsure := e.Unsure
	if e.Count < 0 { // they did happen once, and whether those that come now are the same again nobody knows
		unsure, f.reset = unsure-e.Count, true
	}
	t.unsure += unsure
	f.unsure += unsure
	if e.Count == 0 { // nothing was seen yet
		return
	}
	t.seen = append(carve(t.seen, 1, &r.seen), e)
	t.count += e.Count
	f.effects += e.Count
}
