package redact

import "strings"

// span is a piece of text to hide.
type span struct {
	from, to int
	mark     string
	bare     bool // it is a JSON number, so that the mark needs quotes
}

// scanner goes through a text once, from left to right. What it hides never
// begins before floor, so it never cuts a JSON escape sequence or an earlier piece in two.
type scanner struct {
	s        string
	json     bool // s is JSON: quotes tell what is inside a string
	inString bool
	doubt    bool // something would be read otherwise if s were not JSON after all
	floor    int
	spans    []span
}

// The classes of bytes the scanner tells apart.
const (
	other byte = iota
	letter
	digit
	special // @ % : \ "
)

// classes is never changed.
var classes = func() (t [256]byte) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			t[c] = letter
		case c >= '0' && c <= '9':
			t[c] = digit
		case strings.IndexByte(`@%:\"`, byte(c)) >= 0:
			t[c] = special
		}
	}
	return t
}()

func scan(s string, json bool) (spans []span, doubt bool) {
	sc := scanner{s: s, json: json}
	for i := 0; i < len(s); {
		switch classes[s[i]] {
		case other:
			i++
		case special:
			i = sc.special(i)
		default:
			i = sc.word(i)
		}
	}
	return sc.spans, sc.doubt
}

// hide notes a piece; it returns where to go on.
func (sc *scanner) hide(from, to int, mark string) int {
	from = max(from, sc.floor)
	if from < to && !strings.HasPrefix(sc.s[from:], markPrefix) {
		sc.spans = append(sc.spans, span{from, to, mark, sc.json && !sc.inString})
		sc.floor = to
	}
	return to
}

func (sc *scanner) special(i int) int {
	rest := sc.s[i:]
	switch {
	case rest[0] == '"':
		sc.inString = !sc.inString
		return i + 1
	case rest[0] == '@':
		return sc.email(i, 1)
	case strings.HasPrefix(rest, "%40"):
		return sc.email(i, 3)
	case strings.HasPrefix(rest, `\u0040`):
		return sc.email(i, 6)
	case rest[0] == '\\':
		sc.floor = max(sc.floor, i+escapeLen(rest))
		return i + escapeLen(rest)
	case strings.HasPrefix(rest, "://"):
		return sc.userInfo(i, i+3)
	case strings.HasPrefix(rest, `:\/\/`):
		return sc.userInfo(i, i+5)
	}
	return i + 1
}

// escapeLen is the length of the JSON escape sequence s begins with; 1 where it is none.
func escapeLen(s string) int {
	switch {
	case len(s) < 2:
		return 1
	case s[1] == 'u' && len(s) >= 6:
		return 6
	case strings.IndexByte(`"\/bfnrtu`, s[1]) >= 0:
		return 2
	}
	return 1
}

// word looks at a run of letters, digits, _ and -, which begins at i.
func (sc *scanner) word(i int) int {
	end := i
	for end < len(sc.s) && wordByte(sc.s[end]) {
		end++
	}
	if classes[sc.s[i]] == digit {
		if to := cardEnd(sc.s, i); to > 0 {
			return sc.hide(i, to, markCard)
		}
		return end
	}
	if to := tokenEnd(sc.s, i, end); to > 0 {
		return sc.hide(i, to, markSecret)
	}
	if to := sc.scheme(i, end); to > 0 {
		return to
	}
	if kind := sensitive(sc.s[i:end]); kind != harmless {
		return sc.value(end, kind)
	}
	return end
}

func wordByte(c byte) bool {
	return classes[c] == letter || classes[c] == digit || c == '_' || c == '-'
}

// userInfo hides what stands before the @ of a URL's host, which begins at from.
func (sc *scanner) userInfo(colon, from int) int {
	if colon == 0 || classes[sc.s[colon-1]] == other || classes[sc.s[colon-1]] == special {
		return colon + 1
	}
	at := -1
	for i := from; i < len(sc.s) && sc.s[i] > ' ' && strings.IndexByte(`/?#"'<>\`, sc.s[i]) < 0; i++ {
		if sc.s[i] == '@' {
			at = i
		}
	}
	if at < 0 {
		return colon + 1
	}
	return sc.hide(from, at, markSecret)
}
