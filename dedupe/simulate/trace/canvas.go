package trace

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// ink is the colour of a text, as the terminal's code for it.
type ink string

const (
	plain ink = ""
	dim   ink = "2"
	green ink = "32"
	amber ink = "33"
	cyan  ink = "36"
	bold  ink = "1"
	alarm ink = "1;31"
)

// ruler measures text in terminal cells, the same in every locale.
var ruler = &runewidth.Condition{StrictEmojiNeutral: true}

func cells(s string) int { return ruler.StringWidth(s) }

func clip(s string, n int) string {
	if n <= 0 {
		return ""
	}
	return ruler.Truncate(s, n, "…")
}

// line is one line of the drawing.
type line struct {
	text []string // per cell; the second cell of a wide character is empty
	inks []ink
}

func newLine(width int) *line {
	l := &line{text: make([]string, width), inks: make([]ink, width)}
	for i := range l.text {
		l.text[i] = " "
	}
	return l
}

// put writes from a column on, and cuts what does not fit into width cells.
func (l *line) put(col, width int, s string, i ink) {
	s = clip(s, min(width, len(l.text)-col))
	for _, r := range s {
		w := ruler.RuneWidth(r)
		if w == 0 || col+w > len(l.text) {
			continue
		}
		l.text[col], l.inks[col] = string(r), i
		for k := 1; k < w; k++ {
			l.text[col+k], l.inks[col+k] = "", i
		}
		col += w
	}
}

// String is the line without spaces at its end, in colours or without.
func (l *line) String(colour bool) string {
	last := len(l.text)
	for last > 0 && l.text[last-1] == " " {
		last--
	}
	var b strings.Builder
	current := plain
	for i := range last {
		if colour && l.inks[i] != current {
			if current != plain {
				b.WriteString("\x1b[0m")
			}
			if current = l.inks[i]; current != plain {
				b.WriteString("\x1b[" + string(current) + "m")
			}
		}
		b.WriteString(l.text[i])
	}
	if current != plain {
		b.WriteString("\x1b[0m")
	}
	return b.String()
}

// wrap breaks text at spaces into lines of at most n cells; a longer word is cut up.
func wrap(s string, n int) []string {
	var lines []string
	current := ""
	for _, word := range strings.Fields(s) {
		if current != "" && cells(current)+1+cells(word) <= n {
			current += " " + word
			continue
		}
		if current != "" {
			lines = append(lines, current)
		}
		for cells(word) > n {
			head := ruler.Truncate(word, n, "")
			if head == "" {
				return lines
			}
			lines, word = append(lines, head), word[len(head):]
		}
		current = word
	}
	if current != "" {
		lines = append(lines, current)
	}
	return lines
}
