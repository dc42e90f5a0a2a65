package redact

import "strings"

// value hides what is assigned to a sensitive name that ends at end. It returns where to go on.
func (sc *scanner) value(end int, kind sensitivity) int {
	s, p := sc.s, end
	closed := ""
	for _, q := range []string{`\"`, `"`, `'`} {
		if strings.HasPrefix(s[p:], q) {
			closed = q
			p += len(q)
			break
		}
	}
	p = skipBlank(s, p)
	if p >= len(s) || s[p] != ':' && s[p] != '=' {
		return end
	}
	sign := s[p]
	if p++; sign == '=' && p < len(s) && s[p] == '>' {
		p++
	}
	from := skipBlank(s, p)
	if sc.json && closed == `"` { // the name is a JSON key, so what follows is a JSON value
		return sc.jsonValue(end, from, kind)
	}
	for _, q := range []string{`\"`, `"`, `'`} {
		if sc.json && q == `"` && strings.HasPrefix(s[from:], q) {
			sc.doubt = true // in JSON this quote ends the string, elsewhere it may open the value
			continue
		}
		if strings.HasPrefix(s[from:], q) {
			from += len(q)
			return sc.conceal(end, from, quotedEnd(s, from, q), kind, true)
		}
	}
	return sc.conceal(end, from, bareEnd(s, from, kind == header && sign == ':'), kind, sign == '=')
}

func skipBlank(s string, p int) int {
	for p < len(s) && (s[p] == ' ' || s[p] == '\t' || s[p] == '\n' || s[p] == '\r') {
		p++
	}
	return p
}

// jsonValue hides a JSON value that is a string or a number. Objects and lists are
// looked into; true, false and null hide nothing.
func (sc *scanner) jsonValue(end, from int, kind sensitivity) int {
	if from >= len(sc.s) {
		return end
	}
	switch c := sc.s[from]; {
	case c == '"':
		from++
		return sc.conceal(end, from, quotedEnd(sc.s, from, `"`), kind, true)
	case c == '-' || classes[c] == digit:
		to := from
		for to < len(sc.s) && strings.IndexByte("+-.0123456789eE", sc.s[to]) >= 0 {
			to++
		}
		if kind >= signature {
			return end
		}
		sc.inString = false
		return sc.hide(from, to, markSecret)
	default:
		sc.doubt = sc.doubt || strings.IndexByte("{[tfn", c) < 0
	}
	return end
}

// conceal hides a value if its kind says so. certain says that it is a value and not the next word of a sentence.
func (sc *scanner) conceal(end, from, to int, kind sensitivity, certain bool) int {
	v := sc.s[from:to]
	switch {
	case v == "", v == "redacted", v == "***", strings.HasPrefix(v, "$"), strings.HasPrefix(v, markPrefix):
		return end // nothing, a variable, or hidden already
	case kind == token && !certain && !random(v, 6) && len(v) < 20:
		return end
	case kind == signature && !random(v, 16), kind == digest && !(certain && random(v, 24)):
		return end
	case kind == header:
		from = afterScheme(sc.s, from, to)
	}
	return sc.hide(from, to, markSecret)
}

// afterScheme keeps the name of the scheme in front of credentials: it says what was there.
func afterScheme(s string, from, to int) int {
	for _, scheme := range []string{"bearer ", "basic ", "digest ", "token "} {
		if to-from > len(scheme) && strings.EqualFold(s[from:from+len(scheme)], scheme) {
			return from + len(scheme)
		}
	}
	return from
}

// quotedEnd returns where the string that began at from with the quote q ends.
func quotedEnd(s string, from int, q string) int {
	for i := from; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], q), s[i] == '"', s[i] == '\n' && q != `"`:
			return i
		case q == `\"` && strings.HasPrefix(s[i:], `\\\"`): // a quote inside JSON inside a JSON string
			i += 4
		case s[i] == '\\':
			i += escapeLen(s[i:])
		default:
			i++
		}
	}
	return len(s)
}

// bareEnd returns where a value without quotes ends: at the end of the word, or of the line.
func bareEnd(s string, from int, line bool) int {
	stop := " \t\r\n\"'&,;<>(){}[]"
	if line {
		stop = "\r\n\"'"
	}
	for i := from; i < len(s); {
		switch {
		case strings.IndexByte(stop, s[i]) >= 0:
			return i
		case s[i] != '\\':
			i++
		case len(s) > i+1 && strings.IndexByte(`"nrt`, s[i+1]) >= 0:
			return i
		default:
			i += escapeLen(s[i:])
		}
	}
	return len(s)
}
