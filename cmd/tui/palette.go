package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"hookonce/cmd/report"
	"hookonce/replay/redact"
)

// The inks of the screen beyond those of the text format.
const (
	inkTitle    report.Ink = "title"    // names of columns, views and keys
	inkSelected report.Ink = "selected" // the view that is chosen
	inkPass     report.Ink = "pass"     // badges
	inkFail     report.Ink = "fail"
	inkUnsure   report.Ink = "unsure"
	inkLive     report.Ink = "live"
)

// palette turns inks into styles, for rows that are chosen and for all others.
type palette struct {
	plain, chosen map[report.Ink]lipgloss.Style
	// bare says that neither colour nor weight is wanted: what they say is said by signs alone.
	bare bool
}

// shade is a colour for each kind of terminal: true colour, 256 and 16 colours, dark and light.
func shade(dark, dark256, light, light256, basic string) lipgloss.CompleteAdaptiveColor {
	return lipgloss.CompleteAdaptiveColor{
		Dark:  lipgloss.CompleteColor{TrueColor: dark, ANSI256: dark256, ANSI: basic},
		Light: lipgloss.CompleteColor{TrueColor: light, ANSI256: light256, ANSI: basic},
	}
}

func newPalette(r *lipgloss.Renderer) palette {
	red := shade("#ff7b72", "210", "#b62324", "124", "1")
	green := shade("#7ee787", "114", "#1a7f37", "28", "2")
	yellow := shade("#e3b341", "179", "#8a5a00", "94", "3")
	cyan := shade("#79c0ff", "117", "#0550ae", "25", "6")
	violet := shade("#d2a8ff", "183", "#6639ba", "55", "5")
	grey := shade("#8b949e", "246", "#656d76", "242", "")
	on := shade("#0d1117", "16", "#ffffff", "231", "0")
	style := func() lipgloss.Style { return r.NewStyle() }
	badge := func(c lipgloss.TerminalColor) lipgloss.Style {
		return style().Bold(true).Foreground(on).Background(c)
	}
	p := palette{chosen: map[report.Ink]lipgloss.Style{}, bare: r.ColorProfile() == termenv.Ascii}
	dim := style().Foreground(grey)
	if r.ColorProfile() == termenv.ANSI {
		dim = style().Faint(true)
	}
	p.plain = map[report.Ink]lipgloss.Style{
		report.InkPlain: style(), report.InkBold: style().Bold(true), report.InkDim: dim,
		report.InkRed: style().Foreground(red), report.InkRedBold: style().Foreground(red).Bold(true),
		report.InkGreen: style().Foreground(green), report.InkYellow: style().Foreground(yellow),
		report.InkCyan: style().Foreground(cyan), inkTitle: style().Foreground(violet),
		inkSelected: style().Foreground(violet).Bold(true).Reverse(true),
		inkPass:     badge(green), inkFail: badge(red), inkUnsure: badge(yellow), inkLive: badge(cyan),
	}
	for ink, s := range p.plain {
		if r.ColorProfile() == termenv.ANSI {
			p.chosen[ink] = s.Faint(false).Reverse(true)
			continue
		}
		p.chosen[ink] = s.Background(shade("#263349", "237", "#dbe7ff", "189", ""))
	}
	return p
}

// draw makes a line of exactly width columns. It is the one place at which text reaches the screen:
// whatever could move the cursor or change the terminal is escaped here.
func (p palette) draw(l report.Line, width int, chosen bool) string {
	styles := p.plain
	if chosen {
		styles = p.chosen
	}
	var b strings.Builder
	left := width
	for i, s := range l {
		if left <= 0 {
			break
		}
		text := redact.Screen(s.Text, len(s.Text))
		if n := report.Cells(text); n > left || n == left && i < len(l)-1 && !blank(l[i+1:]) {
			text = report.Clip(text+"  ", left)
		}
		left -= report.Cells(text)
		b.WriteString(p.style(styles, s.Ink, text))
	}
	if left > 0 {
		b.WriteString(p.style(styles, report.InkPlain, strings.Repeat(" ", left)))
	}
	return b.String()
}

func (p palette) style(styles map[report.Ink]lipgloss.Style, ink report.Ink, text string) string {
	if p.bare || text == "" {
		return text
	}
	return styles[ink].Render(text)
}

func blank(l report.Line) bool {
	for _, s := range l {
		if strings.TrimSpace(s.Text) != "" {
			return false
		}
	}
	return true
}

// text is a line in one ink.
func text(s string, ink report.Ink) report.Line { return report.Line{{Text: s, Ink: ink}} }
