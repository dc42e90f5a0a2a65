package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// word is one word of a shell command: as written, and what the shell makes of it
// where nothing is expanded. Kept words are written back as they were, so that "$HOOKONCE_SECRET"
// stays a variable.
type word struct{ raw, value string }

// seeded is the command with its seed said, so that it makes the same run even where the seed was drawn.
func seeded(command string, seed uint64) string {
	words := splitWords(command)
	if len(words) == 0 {
		return ""
	}
	return strings.Join(replaceFlags(words, []string{"--seed"}, []string{"--seed", strconv.FormatUint(seed, 10)}), " ")
}

// Narrow rewrites the command of a run to the seed, the faults and the event types given, where they are not empty. Flags that
// name files are dropped.
func Narrow(command string, seed uint64, faults, only string) string {
	return narrow(command, seed, faults, only)
}

// narrow rewrites the command of a run so that it shows one fault and one type of
// event again, under the same seed. Files are not written anew by a reproduction, so flags that
// name some are dropped. It is empty for an empty command.
func narrow(command string, seed uint64, fault, only string) string {
	words := splitWords(command)
	if len(words) == 0 {
		return ""
	}
	add := []string{"--seed", strconv.FormatUint(seed, 10)}
	drop := []string{"--seed", "--out", "--journal", "--tui", "--baseline", "--write-baseline", "--results"}
	if fault != "" && !takesNoFaults(words) {
		add, drop = append(add, "--faults", fault), append(drop, "--faults")
	}
	if only != "" {
		add, drop = append(add, "--only", only), append(drop, "--only")
	}
	return strings.Join(replaceFlags(words, drop, add), " ")
}

// takesNoFaults says that the command is one of sustained traffic, which has shares instead of faults.
func takesNoFaults(words []word) bool { return len(words) > 1 && words[1].safe() == "load" }

// replaceFlags leaves out the dropped flags with their values and puts new words
// at the end, though before a "--".
func replaceFlags(words []word, drop, add []string) []string {
	var kept, rest []string
	for i := 0; i < len(words); i++ {
		if words[i].value == "--" {
			for _, w := range words[i:] {
				rest = append(rest, w.safe())
			}
			break
		}
		name, _, hasValue := strings.Cut(words[i].value, "=")
		switch {
		case !slices.Contains(drop, name):
			kept = append(kept, words[i].safe())
		case !hasValue:
			i++
		}
	}
	for _, a := range add {
		kept = append(kept, Quote(a))
	}
	return append(kept, rest...)
}

// safe is the word as written, or quoted anew where what was written could disturb a terminal.
func (w word) safe() string {
	if strings.IndexFunc(w.raw, unsafeRune) >= 0 || !utf8.ValidString(w.raw) {
		return Quote(w.value)
	}
	return w.raw
}

// splitWords cuts a command as a POSIX shell does, without expanding anything. An
// unfinished quotation ends with the command.
func splitWords(s string) []word {
	var out []word
	for i := 0; i < len(s); {
		if isBlank(s[i]) {
			i++
			continue
		}
		var w word
		w, i = readWord(s, i)
		if w.raw != "\\\n" { // a continued line
			out = append(out, w)
		}
	}
	return out
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }

func readWord(s string, start int) (word, int) {
	var value strings.Builder
	i := start
	for i < len(s) && !isBlank(s[i]) {
		var part string
		part, i = readPart(s, i)
		value.WriteString(part)
	}
	return word{s[start:i], value.String()}, i
}

// readPart reads one quotation, one escape or one byte, and says where the next begins.
func readPart(s string, i int) (string, int) {
	switch rest := s[i:]; {
	case strings.HasPrefix(rest, "'"):
		text, n := quoted(rest[1:], '\'', false)
		return text, i + 1 + n
	case strings.HasPrefix(rest, `"`):
		text, n := quoted(rest[1:], '"', true)
		return escapes.Replace(text), i + 1 + n
	case strings.HasPrefix(rest, "$'"):
		text, n := quoted(rest[2:], '\'', true)
		return ansiC(text), i + 2 + n
	case strings.HasPrefix(rest, "\\\n"):
		return "", i + 2
	case rest[0] == '\\' && len(rest) > 1:
		return rest[1:2], i + 2
	}
	return s[i : i+1], i + 1
}

// escapes are what a backslash does between double quotes.
var escapes = strings.NewReplacer("\\\\", "\\", "\\\"", "\"", "\\$", "$", "\\`", "`", "\\\n", "")

// quoted returns what stands before the closing quote, and how many bytes that is with the quote.
func quoted(s string, quote byte, escaped bool) (string, int) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return s[:i], i + 1
		case escaped && s[i] == '\\':
			i++
		}
	}
	return s, len(s)
}

// ansiC undoes the escapes of $'...' that Quote writes, and the common others.
func ansiC(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if n, err := strconv.ParseUint(s[min(i+1, len(s)):min(i+3, len(s))], 16, 8); s[i] == 'x' && err == nil {
			b.WriteByte(byte(n))
			i += 2
			continue
		}
		if at := strings.IndexByte("ntre", s[i]); at >= 0 {
			b.WriteByte("\n\t\r\x1b"[at])
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// Quote writes a word so that a shell reads it back unchanged and a terminal
// obeys nothing in it: plain, in single quotes, or as $'...' (bash, zsh, ksh, POSIX 2024).
func Quote(s string) string {
	switch {
	case s != "" && strings.Trim(s, plainBytes) == "":
		return s
	case utf8.ValidString(s) && strings.IndexFunc(s, unsafeRune) < 0:
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\'' || r == '\\':
			b.WriteString("\\" + s[i:i+size])
		case unsafeRune(r) || r == utf8.RuneError:
			for _, c := range []byte(s[i : i+size]) {
				fmt.Fprintf(&b, "\\x%02x", c)
			}
		default:
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String() + "'"
}

// plainBytes need no quotes anywhere in a word.
const plainBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+"
