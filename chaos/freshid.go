package chaos

import (
	"math/rand/v2"
	"strings"
)

const (
	digitAlphabet = "0123456789"
	hexAlphabet   = "0123456789abcdef"
	upperAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	lowerAlphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	idAlphabet    = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// freshID draws an id of the form of old, so that an endpoint that checks the form takes it. Short ids grow,
// or two plans would share them.
func freshID(rng *rand.Rand, old string) string {
	switch {
	case old != "" && strings.Trim(old, digitAlphabet) == "":
		return freshNumber(rng, len(old))
	case strings.ContainsAny(old, "-.@") || !strings.Contains(old, "_"):
		return freshShape(rng, old)
	}
	// A prefix, all up to the last underscore, and the rest.
	prefix := old[:strings.LastIndexByte(old, '_')+1]
	alphabet := idAlphabet
	if prefix == strings.ToUpper(prefix) {
		alphabet = upperAlphabet
	}
	return draw(rng, prefix, alphabet, max(len(old)-len(prefix), leastDrawn))
}

// leastDrawn is how many characters of an id are drawn at least.
const leastDrawn = 16

// freshNumber keeps a number inside what its length says of the type that holds it: 31 bits, the 53 bits of a
// JavaScript number, or 63 bits.
func freshNumber(rng *rand.Rand, length int) string {
	n := 18
	switch {
	case length <= 9:
		n = 9
	case length <= 15:
		n = 15
	case length == 16:
		n = 16
	}
	return draw(rng, draw(rng, "", digitAlphabet[1:9], 1), digitAlphabet, n-1)
}

// freshShape draws letters for letters and digits for digits. It keeps short letters in front (SM, Ev, WH),
// punctuation, what follows an @, and the version of a UUID.
func freshShape(rng *rand.Rand, old string) string {
	body, tail := old, ""
	if i := strings.IndexByte(old, '@'); i > 0 {
		body, tail = old[:i], old[i:]
	}
	prefix := letters(body)
	alphabet := alphabetOf(body[len(prefix):])
	var b strings.Builder
	drawn := 0
	for i, c := range []byte(body) {
		switch {
		case i < len(prefix), !alphanumeric(c), uuidMark(body, i):
			b.WriteByte(c)
		default:
			b.WriteByte(alphabet[rng.IntN(len(alphabet))])
			drawn++
		}
	}
	if drawn < leastDrawn {
		b.WriteString(draw(rng, "", alphabet, leastDrawn-drawn))
	}
	return b.String() + tail
}

// letters are the two or three letters an id begins with, where what follows is of another kind.
func letters(id string) string {
	n := 0
	for n < len(id) && (id[n] >= 'A' && id[n] <= 'Z' || id[n] >= 'a' && id[n] <= 'z') {
		n++
	}
	rest := id[min(2, len(id)):]
	switch {
	case len(id) == 34 && strings.Trim(rest, hexAlphabet) == "" && id[:2] == strings.ToUpper(id[:2]):
		return id[:2]
	case uuid(id), n < 2, n > 3:
		return ""
	}
	return id[:n]
}

func alphabetOf(text string) string {
	only := func(alphabet string) bool { return strings.Trim(text, alphabet+"-.:+/=") == "" }
	for _, alphabet := range []string{digitAlphabet, hexAlphabet, upperAlphabet, lowerAlphabet} {
		if only(alphabet) {
			return alphabet
		}
	}
	return idAlphabet
}

func uuid(id string) bool {
	return len(id) == 36 && id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-'
}

// uuidMark says that a UUID's version or variant stands at i.
func uuidMark(id string, i int) bool { return uuid(id) && (i == 14 || i == 19) }

func alphanumeric(c byte) bool { return strings.IndexByte(idAlphabet, c) >= 0 }

// draw draws n characters, and puts them behind a prefix.
func draw(rng *rand.Rand, prefix, alphabet string, n int) string {
	var room [64]byte // on the stack, for most
	b := append(room[:0], prefix...)
	for range n {
		b = append(b, alphabet[rng.IntN(len(alphabet))])
	}
	return string(b)
}
