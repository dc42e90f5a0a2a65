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
	levels      []map[string][]*dossier // ids shared by several sources, subjects, other ids
}

func (d *docket) matcher() matcher {
	m := matcher{keys: d.byKey}
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
	m.levels = []map[string][]*dossier{ids, d.subjects, refs}
	return m
}

// exactly lists the events that a key names as it stands, the narrowest meaning first.
func (m matcher) exactly(key string) []*dossier {
	if f := m.keys[key]; f != nil {
		return []*dossier{f}
	}
	for _, level := range m.levels {
		if f := level[key]; f != nil {
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
	parts := strings.FieldsFunc(key, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if len(parts) < 2 {
		return nil
	}
	for _, p := range parts {
		if f := m.keys[p]; f != nil {
			return []*dossier{f}
		}
	}
	for _, level := range m.levels {
		for _, p := range parts {
			if f := level[p]; f != nil {
				return ofSource(f, parts)
			}
		}
	}
	return nil
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
	for i := range d.h.Effects {
		e := &d.h.Effects[i]
		switch {
		case e.Earlier:
		case e.State():
			d.fileState(*e)
		default:
			d.fileCount(m.find(e.Key), e)
		}
	}
}

func (d *docket) fileCount(owners []*dossier, e *replay.Effect) {
	if len(owners) == 0 {
		d.unmatched[e.Source]++
		return
	}
	name := effectName{e.Source, e.Name}
	if !slices.Contains(d.names, name) {
		d.names = append(d.names, name)
	}
	for _, f := range owners {
		t := f.tally(name)
		if t == nil {
			f.tallies = append(f.tallies, tally{name: name})
			t = &f.tallies[len(f.tallies)-1]
		}
		t.add(e)
		f.shared = f.shared || len(owners) > 1
	}
}
