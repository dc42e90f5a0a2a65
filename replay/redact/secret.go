package redact

import "strings"

// tokenPrefixes begin what is a secret by its form alone, with the least number of bytes that follow.
var tokenPrefixes = []struct {
	prefix string
	least  int
}{
	{"sk_live_", 8}, {"sk_test_", 8}, {"rk_live_", 8}, {"rk_test_", 8}, {"pk_live_", 8}, {"pk_test_", 8}, {"whsec_", 8},
	{"ghp_", 16}, {"gho_", 16}, {"ghu_", 16}, {"ghs_", 16}, {"ghr_", 16}, {"github_pat_", 16}, {"glpat-", 16}, {"npm_", 30},
	{"xoxb-", 10}, {"xoxp-", 10}, {"xoxa-", 10}, {"xoxs-", 10}, {"xapp-", 10},
	{"shpat_", 16}, {"shpss_", 16}, {"shppa_", 16}, {"AKIA", 16}, {"ASIA", 16}, {"AIza", 30}, {"SG.", 20}, {"eyJ", 20},
}

// tokenFirst holds the first letters of the prefixes, so that most words are passed over at once.
const tokenFirst = "srpwgnxASe"

// tokenEnd returns where the token that begins with the word at i ends; 0 where it is none.
func tokenEnd(s string, i, end int) int {
	if len(s)-i < 11 || end-i < 2 || strings.IndexByte(tokenFirst, s[i]) < 0 {
		return 0
	}
	for _, t := range tokenPrefixes {
		if t.prefix[0] != s[i] || t.prefix[1] != s[i+1] || !strings.HasPrefix(s[i:], t.prefix) {
			continue // two bytes first: this runs for every word of every answer
		}
		if to := runEnd(s, i); to-i >= len(t.prefix)+t.least {
			return to
		}
	}
	return 0
}

// runEnd is the end of the run of bytes from i that tokens are made of.
func runEnd(s string, i int) int {
	end := i
	for end < len(s) {
		switch c := s[end]; {
		case wordByte(c), c == '+', c == '/', c == '=', c == '.', c == '~':
			end++
		case strings.HasPrefix(s[end:], `\/`):
			end += 2
		default:
			return trimDots(s, i, end)
		}
	}
	return trimDots(s, i, end)
}

// trimDots leaves out the full stop of the sentence.
func trimDots(s string, i, end int) int {
	for end > i && s[end-1] == '.' {
		end--
	}
	return end
}

// scheme hides the credentials after "Bearer" or "Basic"; 0 where the word is neither.
func (sc *scanner) scheme(i, end int) int {
	w := sc.s[i:end]
	bearer := len(w) == 6 && strings.EqualFold(w, "bearer")
	if !bearer && (len(w) != 5 || !strings.EqualFold(w, "basic")) || end == len(sc.s) || sc.s[end] != ' ' {
		return 0
	}
	from := end
	for from < len(sc.s) && sc.s[from] == ' ' {
		from++
	}
	to := runEnd(sc.s, from)
	if to-from < 6 || !bearer && !random(sc.s[from:to], 8) {
		return 0
	}
	return sc.hide(from, to, markSecret)
}

// random says whether s does not look like a word: it is long enough and has a digit, a
// sign of base64, or a capital letter after its first.
func random(s string, least int) bool {
	if len(s) < least {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case classes[c] == digit, c == '+', c == '=', i > 0 && c >= 'A' && c <= 'Z':
			return true
		}
	}
	return false
}

// sensitivity says what the name of a value means for the value.
type sensitivity int

const (
	harmless  sensitivity = iota
	password              // hide whatever it is
	token                 // hide it, unless it is a word of a sentence
	header                // hide it up to the end of the line
	signature             // hide it if it looks random
	digest                // hide it if it looks random and is written name=value
)

// sensitive judges a name by how it ends, without regard to case.
func sensitive(name string) sensitivity {
	if len(name) < 2 {
		return harmless
	}
	switch name[len(name)-1] | 0x20 {
	case 'd':
		return ending(name, password, "password", "passwd", "pwd")
	case 'e':
		if k := ending(name, password, "passphrase", "passcode"); k != harmless {
			return k
		}
		if k := ending(name, header, "-signature", "cookie"); k != harmless {
			return k
		}
		return ending(name, signature, "signature")
	case 't':
		return ending(name, token, "secret", "jwt")
	case 'n':
		if k := ending(name, header, "authorization"); k != harmless {
			return k
		}
		return ending(name, token, "token")
	case 'y':
		return ending(name, password, "apikey", "api_key", "api-key", "secretkey", "secret_key", "secret-key", "privatekey", "private_key",
			"private-key", "accesskey", "access_key", "access-key", "encryption_key", "signing_key")
	case 's':
		return ending(name, password, "credentials")
	}
	return sensitiveCode(name)
}

func sensitiveCode(name string) sensitivity {
	switch {
	case strings.EqualFold(name, "cvc"), strings.EqualFold(name, "cvv"), strings.EqualFold(name, "cvv2"):
		return password
	case ending(name, header, "-signature-256", "-hmac-sha256", "-hmacsha256-signature") != harmless:
		return header
	case strings.EqualFold(name, "v1"), strings.EqualFold(name, "v0"), strings.EqualFold(name, "h1"), strings.EqualFold(name, "sha256"), strings.EqualFold(name, "sha1"):
		return digest
	}
	return harmless
}

func ending(name string, kind sensitivity, ends ...string) sensitivity {
	for _, e := range ends {
		if len(name) >= len(e) && strings.EqualFold(name[len(name)-len(e):], e) {
			return kind
		}
	}
	return harmless
}
