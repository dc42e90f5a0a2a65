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
	levels      []map[string][]*dossier
}

func newMatcher(events []*dossier) matcher {
	var m matcher
	keys, subjects, refs := map[string][]*dossier{}, map[string][]*dossier{}, map[string][]*dossier{}
	for _, f := range events {
		e := f.event
		if e.EffectKey != "" {
			if m.byEffectKey == nil {
				m.byEffectKey = map[string][]*dossier{}
			}
			m.byEffectKey[e.EffectKey] = append(m.byEffectKey[e.EffectKey], f)
		}
		keys[e.Key] = append(keys[e.Key], f)
		if e.ID != "" && e.ID != e.Key {
			keys[e.ID] = append(keys[e.ID], f)
		}
		if e.Subject != "" {
			subjects[e.Subject] = append(subjects[e.Subject], f)
		}
		for _, r := range e.Refs {
			if r != e.Key && r != e.Subject {
				refs[r] = append(refs[r], f)
			}
		}
	}
	m.levels = []map[string][]*dossier{keys, subjects, refs}
	return m
}

func (m matcher) find(key string) []*dossier {
	if m.byEffectKey != nil {
		return m.byEffectKey[key]
	}
	for _, level := range m.levels {
		if f := level[key]; f != nil {
			return f
		}
	}
	// Keys are often decorated: "charge:evt_1", "evt_1/email".
	parts := strings.FieldsFunc(key, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
	if len(parts) < 2 {
		return nil
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
	m := newMatcher(d.events)
	for _, e := range d.h.Effects {
		switch {
		case e.Earlier:
		case e.State():
			d.fileState(e)
		default:
			d.fileCount(m.find(e.Key), e)
		}
	}
}

func (d *docket) fileCount(owners []*dossier, e replay.Effect) {
	if len(owners) == 0 {
		d.unmatched[e.Source]++
		return
	}
	name := effectName{e.Source, e.Name}
	if !slices.Contains(d.names, name) {
		d.names = append(d.names, name)
	}
	for _, f := range owners {
		if f.tallies[name] == nil {
			f.tallies[name] = &tally{}
		}
		f.tallies[name].add(e)
		f.shared = f.shared || len(owners) > 1
	}
}
