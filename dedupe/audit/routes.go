package audit

import (
	"hash/maphash"
	"math/bits"
)

// routes remembers to which part each event went, in about ten bytes an event: by a hash of its key, of which 62 bits are
// kept. Among ten million keys, two are taken for one with a probability of one in fifty thousand.
type routes struct {
	seed   maphash.Seed
	shelf  [256]shelf
	parent [partitions]uint16 // parts that must be judged together
}

// shelf is a hash table with open addressing. A slot holds 54 bits of a hash and a part; 0 is an empty one.
type shelf struct {
	slots []uint64
	n     int
}

const partBits = 10

func newRoutes() *routes {
	r := &routes{seed: maphash.MakeSeed()}
	for i := range r.parent {
		r.parent[i] = uint16(i)
	}
	return r
}

// of is the part a subject, or a key without one, belongs in.
func (r *routes) of(name string) int {
	return int(maphash.String(r.seed, name) >> (64 - partBits))
}

// token is a hash of a name in one of its meanings.
func (r *routes) token(meaning byte, name string) uint64 {
	var h maphash.Hash
	h.SetSeed(r.seed)
	h.WriteByte(meaning)
	h.WriteString(name)
	return h.Sum64()
}

func (r *routes) find(token uint64) (part int, ok bool) {
	s, id := &r.shelf[token>>56], identity(token)
	if len(s.slots) == 0 {
		return 0, false
	}
	for i := s.home(id); s.slots[i] != 0; i = s.next(i) {
		if s.slots[i]>>partBits == id {
			return int(s.slots[i] & (partitions - 1)), true
		}
	}
	return 0, false
}

// link remembers the part of a token. Where it has another one already, the two are judged together.
func (r *routes) link(token uint64, part int) {
	if p, ok := r.find(token); ok {
		r.unite(p, part)
		return
	}
	s := &r.shelf[token>>56]
	if s.n >= len(s.slots)*7/8 {
		s.grow()
	}
	s.put(identity(token)<<partBits | uint64(part))
}

// identity is what a slot keeps of a token; it is never 0.
func identity(token uint64) uint64 { return token&(1<<54-1) | 1<<53 }

func (s *shelf) home(id uint64) int {
	hi, _ := bits.Mul64(id<<11, uint64(len(s.slots))) // without the bit that is always set
	return int(hi)
}

func (s *shelf) next(i int) int {
	if i++; i == len(s.slots) {
		return 0
	}
	return i
}

func (s *shelf) put(slot uint64) {
	i := s.home(slot >> partBits)
	for s.slots[i] != 0 {
		i = s.next(i)
	}
	s.slots[i] = slot
	s.n++
}

func (s *shelf) grow() {
	old := s.slots
	s.slots, s.n = make([]uint64, len(old)*5/4+16), 0
	for _, slot := range old {
		if slot != 0 {
			s.put(slot)
		}
	}
}

// root names the group of parts that a part is judged with.
func (r *routes) root(part int) int {
	for int(r.parent[part]) != part {
		part = int(r.parent[part])
	}
	return part
}

func (r *routes) unite(a, b int) {
	a, b = r.root(a), r.root(b)
	r.parent[max(a, b)] = uint16(min(a, b))
}
