package redact

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Screen makes text safe for a terminal: what could move the cursor, change the
// screen, or reverse the reading order is shown escaped, and at most most runes are kept.
func Screen(s string, most int) string {
	var b strings.Builder
	n := 0
	for i := 0; i < len(s); {
		if n == most {
			b.WriteString("...")
			break
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r):
			b.WriteString(escape(r))
		default:
			b.WriteRune(r)
		}
		i += size
		n++
	}
	return b.String()
}

func escape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\t':
		return `\t`
	case r == '\r':
		return `\r`
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
