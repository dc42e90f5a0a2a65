package audit

import (
	"cmp"
	"slices"

	"hookonce/replay"
)

// claim is the part of the events that an id names, and how narrowly: by key, id, subject or another id of the payload.
type claim struct {
	part, level int
}

// adopt sends the effects that are counted under other ids than an event's key to the parts of their events. It holds
// in memory the ids they are counted under.
func (s *Stream) adopt() error {
	wanted := map[uint64]claim{}
	err := s.each(orphans, map[string]string{}, func(c *codec, _, _, _ int) {
		var e replay.Effect
		c.effect(&e)
		for _, id := range s.idsIn(e.Key) {
			wanted[s.routes.token(meansKey, id)] = claim{part: -1}
		}
	})
	if err != nil {
		return err
	}
	for p := range s.parts {
		if s.parts[p].used && len(wanted) > 0 {
			if err := s.claims(p, wanted); err != nil {
				return err
			}
		}
	}
	return s.rehome(wanted)
}

// idsIn are the ids by which an effect's key may name its events, the narrowest first.
func (s *Stream) idsIn(key string) []string {
	if s.effectKeys {
		return nil
	}
	ids := []string{key}
	if parts := partsOf(key); len(parts) > 1 {
		ids = append(ids, parts...)
	}
	return ids
}

// claims looks for the events of a part that wanted ids name.
func (s *Stream) claims(part int, wanted map[uint64]claim) error {
	known, rest := map[string]string{}, &group{}
	return s.each(part, known, func(c *codec, _, kind, _ int) {
		if kind != kindEvent {
			rest.decode(c, 0, kind, 0)
			*rest = group{}
			return
		}
		var e replay.Event
		c.event(&e)
		s.claim(wanted, e.Key, claim{part, 0})
		s.claim(wanted, e.ID, claim{part, 1})
		s.claim(wanted, e.Subject, claim{part, 2})
		for _, r := range e.Refs {
			if r != e.Key && r != e.Subject {
				s.claim(wanted, r, claim{part, 3})
			}
		}
	})
}

func (s *Stream) claim(wanted map[uint64]claim, id string, c claim) {
	token := s.routes.token(meansKey, id)
	old, ok := wanted[token]
	switch {
	case !ok || id == "":
	case old.part < 0 || c.level < old.level:
		wanted[token] = c
	case c.level == old.level:
		s.routes.unite(old.part, c.part)
	}
}

// rehome spills the orphans again, where their events are.
func (s *Stream) rehome(wanted map[uint64]claim) error {
	var failed error
	err := s.each(orphans, map[string]string{}, func(c *codec, seq, _, side int) {
		var e replay.Effect
		c.effect(&e)
		part, ok := s.home(e.Key, wanted)
		if !ok {
			s.sides[side].unmatched[e.Source]++
			return
		}
		s.sides[side].name(&e, seq)
		if failed != nil {
			return
		}
		failed = s.putAt(seq, part, kindEffect, side, func(c *codec) { c.effect(&e) })
	})
	return cmp.Or(failed, err)
}

// home is the part of the events that an effect's key names: as it stands, or else by the part of it that names them most narrowly.
func (s *Stream) home(key string, wanted map[uint64]claim) (int, bool) {
	var found []claim
	for i, id := range s.idsIn(key) {
		c, ok := wanted[s.routes.token(meansKey, id)]
		if !ok || c.part < 0 {
			continue
		}
		if i == 0 {
			return c.part, true
		}
		found = append(found, c)
	}
	if len(found) == 0 {
		return 0, false
	}
	return slices.MinFunc(found, func(a, b claim) int { return cmp.Compare(a.level, b.level) }).part, true
}
