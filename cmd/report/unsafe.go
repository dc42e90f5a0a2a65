package report

import "hookonce/replay/redact"

// unsafeRune says that a terminal may act on the rune: it is one that redact.Screen escapes. Where
// text must stay exact (a shell's word, a JSON string) it is escaped in that language's own way.
func unsafeRune(r rune) bool {
	if r >= ' ' && r < 0x7f {
		return false
	}
	return redact.Screen(string(r), 1) != string(r)
}
