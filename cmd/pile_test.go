package cmd

import (
	"slices"
	"testing"
)

// What was put on a pile stays where it is, and comes onto the list in order; of one that was let go nothing does.
func TestPile(t *testing.T) {
	var p pile[int]
	var list, want []int
	var at []*int
	put := func(n int) {
		for range n {
			at = append(at, p.put(len(at)))
		}
	}
	for _, n := range []int{0, 1, pileSize - 1, pileSize, 3*pileSize + 7} {
		from := len(at)
		put(n)
		for i := from; i < len(at); i++ {
			want = append(want, i)
		}
		p.moveTo(&list)
		if !slices.Equal(list, want) {
			t.Fatalf("after %d more: %d values, not %d", n, len(list), len(want))
		}
	}
	put(pileSize / 2)
	p.letGo()
	put(2 * pileSize)
	if p.moveTo(&list); len(list) != len(want) || len(p.full) > 0 {
		t.Errorf("a pile that was let go has %d values", len(list)-len(want))
	}
	for i, v := range at {
		if *v != i {
			t.Fatalf("value %d became %d", i, *v)
		}
	}
}
