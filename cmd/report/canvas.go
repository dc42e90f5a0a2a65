package report

import "strings"

// canvas is a row of single-cell characters, each with its colour.
type canvas struct {
	runes   []rune
	colours []colour
}

func newCanvas(width int) canvas {
	return canvas{[]rune(strings.Repeat(" ", width)), make([]colour, width)}
}

// put draws one character; outside of the canvas it draws nothing.
func (c canvas) put(col int, r rune, ink colour) {
	if col >= 0 && col < len(c.runes) {
		c.runes[col], c.colours[col] = r, ink
	}
}

// text draws characters one per column, up to but not including column end.
func (c canvas) text(col, end int, s string, ink colour) {
	for _, r := range s {
		if col >= end {
			return
		}
		c.put(col, r, ink)
		col++
	}
}

// free is the first column from col on that is empty or holds one of the runes, or else the last before it.
func (c canvas) free(col int, over string) int {
	empty := func(i int) bool { return c.runes[i] == ' ' || strings.ContainsRune(over, c.runes[i]) }
	for i := max(0, col); i < len(c.runes); i++ {
		if empty(i) {
			return i
		}
	}
	for i := min(col, len(c.runes)) - 1; i > 0; i-- {
		if empty(i) {
			return i
		}
	}
	return max(0, min(col, len(c.runes)-1))
}

// pieces joins neighbours of one colour.
func (c canvas) pieces() []piece {
	var out []piece
	for i, from := 1, 0; i <= len(c.runes); i++ {
		if i == len(c.runes) || c.colours[i] != c.colours[from] {
			out = append(out, piece{string(c.runes[from:i]), c.colours[from]})
			from = i
		}
	}
	return out
}
