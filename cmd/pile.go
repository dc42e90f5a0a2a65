package cmd

import "slices"

// pileSize is for how many values a pile asks for memory at once.
const pileSize = 256

// pile holds values where they were put, in blocks: a long list that moves whenever it outgrows its place costs more than all that is
// put on it, and a record can point to a value that stays.
type pile[T any] struct {
	full  [][]T
	last  []T
	going bool // values only pass through
}

// put adds a value and tells where it is, for whoever needs it longer than the pile.
func (p *pile[T]) put(v T) *T {
	if len(p.last) == cap(p.last) {
		if !p.going && p.last != nil {
			p.full = append(p.full, p.last)
		}
		p.last = make([]T, 0, pileSize)
	}
	p.last = append(p.last, v)
	return &p.last[len(p.last)-1]
}

func (p *pile[T]) holds() bool { return !p.going && p.last != nil }

// moveTo appends all values to a list.
func (p *pile[T]) moveTo(list *[]T) {
	if !p.holds() {
		return
	}
	*list = slices.Grow(*list, (len(p.full)+1)*pileSize)
	for _, block := range append(p.full, p.last) {
		*list = append(*list, block...)
	}
	p.full, p.last = nil, nil
}

// letGo makes the pile one that holds nothing.
func (p *pile[T]) letGo() { *p = pile[T]{going: true} }
