package redact

import "unicode/utf8"

// email hides the address around the @ at i, which is width bytes long (it may be written
// as %40 or as an escape). Whatever comes of it, nothing that follows reaches back over the @.
func (sc *scanner) email(i, width int) int {
	after := i + width
	from := i
	for from > sc.floor && localByte(sc.s[from-1]) {
		from--
	}
	for from < i && (sc.s[from] < '0' && sc.s[from] != '+' || !utf8.RuneStart(sc.s[from])) {
		from++ // a quote, a dot or a hyphen before the address is not of it
	}
	to := domainEnd(sc.s, after)
	if from == i || to == 0 {
		sc.floor = max(sc.floor, after)
		return after
	}
	return sc.hide(from, to, markEmail)
}

func localByte(c byte) bool {
	return wordByte(c) || c == '.' || c == '+' || c == '%' || c == '\'' || c >= utf8.RuneSelf
}

// domainEnd returns where the domain that begins at i ends; 0 where there is none:
// a domain has a dot, and letters after the last one.
func domainEnd(s string, i int) int {
	end, dot := i, -1
	for end < len(s) && (wordByte(s[end]) && s[end] != '_' || s[end] >= utf8.RuneSelf || s[end] == '.') {
		end++
	}
	for end > i && (s[end-1] == '.' || s[end-1] == '-') {
		end--
	}
	for k := i; k < end; k++ {
		if s[k] == '.' {
			dot = k
		}
	}
	if dot <= i || end-dot < 3 {
		return 0
	}
	for _, c := range []byte(s[dot+1 : end]) {
		if classes[c] != digit {
			return end
		}
	}
	return 0
}
