package observe

import (
	"bytes"
	"fmt"

	"hookonce/replay"
)

// maxCount is the greatest count that is believed. More is a mistake, such as a
// time or an id in the wrong column.
const maxCount = 1_000_000_000

// tallyKey is what effects are counted under.
type tallyKey struct{ name, id string }

type tally struct {
	tallyKey
	count int
}

// version is one state of a subject.
type version struct {
	text    string
	deleted bool
}

// lineage is what a snapshot tells of one subject: its versions in the order of their commits, the last being the present one.
type lineage struct {
	subject  string
	versions []version
}

// snapshot is one whole reading of a source, in the order in which it was told.
type snapshot struct {
	tallies  []tally
	plain    map[string]int   // ids without a name, into tallies: most sources have no names
	named    map[tallyKey]int // the others
	lines    []lineage
	subjects map[string]int // into lines
	// blank counts the effects that came without an id: they happened, and belong to no event that is known.
	blank int
	// sampled says that some state came alone, without its history.
	sampled bool
}

func newSnapshot(size int) *snapshot {
	return &snapshot{
		tallies:  make([]tally, 0, size),
		plain:    make(map[string]int, size),
		named:    map[tallyKey]int{},
		subjects: map[string]int{},
	}
}

func (s *snapshot) count(id, name string, n int) error {
	if n == 0 {
		return nil
	}
	if id == "" {
		s.blank += n
	}
	k := tallyKey{name, id}
	i, seen := s.place(k)
	if !seen {
		if name == "" {
			s.plain[id] = len(s.tallies)
		} else {
			s.named[k] = len(s.tallies)
		}
		s.tallies = append(s.tallies, tally{k, n})
		return nil
	}
	if s.tallies[i].count += n; s.tallies[i].count > maxCount {
		return fmt.Errorf("the counts of %q add up to more than %d", clip(id), maxCount)
	}
	return nil
}

func (s *snapshot) state(subject string, versions ...version) error {
	if subject == "" {
		return fmt.Errorf("an empty subject")
	}
	i, seen := s.subjects[subject]
	if !seen {
		s.subjects[subject] = len(s.lines)
		s.lines = append(s.lines, lineage{subject, versions})
		return nil
	}
	s.lines[i].versions = append(s.lines[i].versions, versions...)
	return nil
}

// since lists what happened between an older snapshot and this one. Times are left out.
func (s *snapshot) since(old *snapshot) []replay.Effect {
	if s == old {
		return nil
	}
	return append(s.countsSince(old), s.statesSince(old)...)
}

func (s *snapshot) countsSince(old *snapshot) []replay.Effect {
	var effects []replay.Effect
	kept := 0
	for at, t := range s.tallies {
		n := t.count
		if i, seen := old.find(t.tallyKey, at); seen {
			n -= old.tallies[i].count
			kept++
		}
		if n != 0 {
			effects = append(effects, replay.Effect{Name: t.name, Key: t.id, Count: n})
		}
	}
	if kept == len(old.tallies) {
		return effects
	}
	for _, t := range old.tallies {
		if _, still := s.place(t.tallyKey); !still {
			effects = append(effects, replay.Effect{Name: t.name, Key: t.id, Count: -t.count})
		}
	}
	return effects
}

// find returns the place of a tally. Readings mostly keep their order, so the place given is tried first.
func (s *snapshot) find(k tallyKey, at int) (int, bool) {
	if at < len(s.tallies) && s.tallies[at].tallyKey == k {
		return at, true
	}
	return s.place(k)
}

func (s *snapshot) place(k tallyKey) (i int, seen bool) {
	if k.name == "" {
		i, seen = s.plain[k.id]
	} else {
		i, seen = s.named[k]
	}
	return i, seen
}

func (s *snapshot) statesSince(old *snapshot) []replay.Effect {
	var effects []replay.Effect
	for _, l := range s.lines {
		var before []version
		if i, seen := old.subjects[l.subject]; seen {
			before = old.lines[i].versions
		}
		for _, v := range newVersions(before, l.versions) {
			effects = append(effects, replay.Effect{Subject: l.subject, Version: v.text, Deleted: v.deleted})
		}
	}
	for _, l := range old.lines {
		last := l.versions[len(l.versions)-1]
		if _, still := s.subjects[l.subject]; !still && !last.deleted {
			effects = append(effects, replay.Effect{Subject: l.subject, Version: last.text, Deleted: true})
		}
	}
	return effects
}

// newVersions returns what a subject's history gained. A history that only grew gained its end;
// one that was cut at its beginning, what follows the last version seen before; one
// that was rewritten, everything it holds now.
func newVersions(before, now []version) []version {
	if len(before) == 0 {
		return now
	}
	last := before[len(before)-1]
	if len(now) >= len(before) && now[len(before)-1].text == last.text {
		if now[len(before)-1] == last {
			return now[len(before):]
		}
		return now[len(before)-1:] // the same version, now deleted (or no longer)
	}
	for i := len(now) - 1; i >= 0; i-- {
		if now[i] == last {
			return now[i+1:]
		}
	}
	return now
}

// memo spares decoding a reading that is the same as the one before, as most are while nothing happens.
type memo struct {
	text []byte
	snap *snapshot
}

func (m *memo) decode(text []byte, decode func([]byte) (*snapshot, error)) (*snapshot, error) {
	if m.snap != nil && bytes.Equal(m.text, text) {
		return m.snap, nil
	}
	snap, err := decode(text)
	if err != nil {
		return nil, err
	}
	m.text, m.snap = text, snap
	return snap, nil
}
