package observe

import (
	"net/url"
	"regexp"
	"strings"
	"sync"

	hide "hookonce/replay/redact"
)

// redactSpec makes the label of a source: its spec as the user gave it, without secrets.
func redactSpec(scheme, rest string) string {
	address, _, _ := strings.Cut(rest, "#")
	u, err := url.Parse(scheme + ":" + address)
	at := strings.LastIndex(rest, "@")
	switch {
	case err != nil && strings.HasPrefix(rest, "//") && at > 0:
		return redact(scheme + "://" + rest[at+1:]) // a password that is not well written may go on to there
	case err != nil, scheme != "http" && scheme != "https":
		return redact(scheme + ":" + rest)
	}
	u.User = nil
	return redact(u.String())
}

// redaction replaces the part of a text that may be a secret.
type redaction struct {
	find *regexp.Regexp
	with string
}

const secretWord = `(?:password|passwd|passphrase|pwd|secret|token|api[-_]?key|access[-_]?key|apikey|credentials?|signature|sig|key|auth)`

// A quoted value, or everything up to a blank, a quote or an ampersand.
const secretValue = `(?:"[^"]*"|'[^']*'|[^\s'"&;|]+)`

// redactions are compiled when the first label is made: most commands make none.
var redactions = sync.OnceValue(func() []redaction {
	return []redaction{
		// scheme://user:password@host
		{regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)[^/\s'"?#]*@`), `$1`},
		// Authorization: Bearer ...
		{regexp.MustCompile(`(?i)(authorization\s*[:=]\s*(?:(?:bearer|basic|token)\s+)?)[^\s'"]+`), `$1***`},
		// PGPASSWORD=..., ?token=..., --api-key=...
		{regexp.MustCompile(`(?i)((?:^|[\s?&;:'"_-]|pg|mysql|redis(?:cli)?|db)(?:[A-Za-z0-9]+[-_])*` + secretWord + `(?:_?auth)?=)` + secretValue), `$1***`},
		// --password ..., --token ...
		{regexp.MustCompile(`(?i)(\s--?(?:[a-z]+-)*` + secretWord + `\s+)` + secretValue), `$1***`},
		// mysql -psecret, redis-cli -a secret, curl -u user:secret
		{regexp.MustCompile(`((?:mysql|mariadb)\S*\s(?:.*?\s)?-p)[^\s'"]+`), `$1***`},
		{regexp.MustCompile(`((?:redis|valkey)-cli\s(?:.*?\s)?(?:-a|--pass)\s+)` + secretValue), `$1***`},
		{regexp.MustCompile(`(curl\s(?:.*?\s)?(?:-u|--user)\s*)` + secretValue), `$1***`},
	}
})

// redact hides what looks like user information or a password.
func redact(text string) string {
	for _, r := range redactions() {
		text = r.find.ReplaceAllString(text, r.with)
	}
	return hide.Text(strings.ToValidUTF8(text, "?"))
}
