package redact

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestScreen(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[31mred":           `\x1b[31mred`,
		"\x1b]8;;http://x\x07l": `\x1b]8;;http://x\x07l`,
		"a\u202eb\u2066c":       `a\u202eb\u2066c`,
		"\u009b31m\x9b":         `\x9b31m\x9b`,
		"a\x00b\x7f":            `a\x00b\x7f`,
		"line\nbreak\ttab\r":    `line\nbreak\ttab\r`,
		"\u2028\ufeff\u200b":    `\u2028\ufeff\u200b`,
		"Zoë ليلى 日本 🦊":         "Zoë ليلى 日本 🦊",
		"":                      "",
	} {
		if got := Screen(in, 100); got != want {
			t.Errorf("Screen(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Screen(strings.Repeat("é", 50), 10); got != strings.Repeat("é", 10)+"..." {
		t.Errorf("not bounded: %q", got)
	}
	if got := Screen("ab", 2); got != "ab" {
		t.Errorf("cut where it fits: %q", got)
	}
}

func TestScreenLetsNothingThrough(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		most := rapid.IntRange(0, 40).Draw(t, "most")
		got := Screen(s, most)
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Fatalf("Screen(%q) = %q lets %U through", s, got, r)
			}
		}
		// The longest form of one rune is \U with six digits.
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > most*8+3 {
			t.Fatalf("Screen(%q, %d) = %q", s, most, got)
		}
	})
}
