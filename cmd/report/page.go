package report

import (
	"io"
	"strings"

	"hookonce/replay/redact"
)

// page collects lines of text, each made of pieces that may be coloured.
type page struct {
	style Style
	width int
	buf   strings.Builder
	count int // lines so far
}

// piece is text in one colour.
type piece struct {
	text   string
	colour colour
}

// colour is one of the 16 basic ones or a weight, as an SGR parameter.
type colour string

const (
	plainInk colour = ""
	bold     colour = "1"
	dim      colour = "2"
	red      colour = "31"
	redBold  colour = "1;31"
	green    colour = "32"
	yellow   colour = "33"
	cyan     colour = "36"
)

// The widths of a page in columns. The head keeps to headWidth on every page.
const (
	minWidth  = 60
	maxWidth  = 100
	headWidth = 80
)

func newPage(s Style) *page {
	w := s.Width
	if w == 0 {
		w = headWidth
	}
	return &page{style: s, width: min(max(w, minWidth), maxWidth)}
}

// line adds a line. Whatever a piece holds, only visible characters get through.
func (p *page) line(pieces ...piece) {
	texts := each(pieces, func(q piece) string {
		text := redact.Screen(q.text, len(q.text))
		if p.style.ASCII {
			text = asciiOnly(text)
		}
		return text
	})
	for i := len(texts) - 1; i >= 0; i-- {
		if texts[i] = strings.TrimRight(texts[i], " "); texts[i] != "" {
			break
		}
	}
	for i, text := range texts {
		if ink := pieces[i].colour; p.style.Colour && ink != plainInk && strings.TrimSpace(text) != "" {
			text = "\x1b[" + string(ink) + "m" + text + "\x1b[0m"
		}
		p.buf.WriteString(text)
	}
	p.buf.WriteByte('\n')
	p.count++
}

// labelled adds text under a label of its own column, wrapped to at most most lines within width.
func (p *page) labelled(label string, ink colour, text string, width, most int) {
	p.labelledLines(label, ink, wrap(text, width-indent-labelWidth), width, most)
}

// labelledLines is labelled for text that was broken into lines before.
func (p *page) labelledLines(label string, ink colour, lines []string, width, most int) {
	if len(lines) > most {
		lines = append([]string{}, lines[:most]...)
		lines[most-1] = clip(lines[most-1], width-indent-labelWidth-2) + " …"
	}
	for i, l := range lines {
		if i > 0 {
			label = ""
		}
		p.line(piece{"  " + pad(label, labelWidth), dim}, piece{l, ink})
	}
}

// The columns before labelled text.
const (
	indent     = 2
	labelWidth = 11
)

func (p *page) blank() { p.line() }

func (p *page) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, p.buf.String())
	return err
}

// asciiOnly replaces every character beyond ASCII by as many as it has cells, so that columns stay.
func asciiOnly(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 0x80 {
			b.WriteRune(r)
			continue
		}
		if at := strings.IndexRune(drawn, r); at >= 0 {
			b.WriteByte(drawnASCII[len([]rune(drawn[:at]))])
			continue
		}
		b.WriteString(strings.Repeat("?", ruler.RuneWidth(r)))
	}
	return b.String()
}

// The characters this package draws with, and what stands for each in ASCII.
const (
	drawn      = "├╌┝━┿┥╞═╡┈─╳●◆▼╱└┘…µ·×✗✓┌│┃┏┣┗▸◂◇✂↯♥▲⋮→"
	drawnASCII = "|.>=+|>=|.-Xo*v/++~u-xx++|!+++><o%!@^:>"
)
