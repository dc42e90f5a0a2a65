package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// screen makes text from outside harmless on a terminal: everything that is not a
// plain visible character is shown as an escape, and what is longer than max runes is cut
// with a mark. The result is one line of valid UTF-8.
func screen(s string, max int) string {
	var b strings.Builder
	for n := 0; len(s) > 0; n++ {
		if n == max {
			b.WriteString("…")
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case unsafeRune(r):
			b.WriteString(escapeRune(r))
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// unsafeRune says that a terminal may act on the rune, or show nothing or something else for it:
// controls, direction marks and other formats, line separators, private and unassigned ones.
func unsafeRune(r rune) bool {
	return r != ' ' && !unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs)
}

func escapeRune(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x80:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
