package redact

import (
	"net/url"
	"strings"
)

// URL leaves out the user information and the values of query parameters that look
// secret, and redacts the rest as text. What is neither a URL with a host nor a path is redacted as text; in what
// would be one, were its password well written, nothing is left up to the last @.
func URL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return Text(withoutUser(raw))
	}
	if !strings.HasPrefix(raw, "/") && (u.Scheme == "" || u.Host == "") {
		return Text(raw)
	}
	u.User = nil
	params := strings.Split(u.RawQuery, "&")
	for i, p := range params {
		name, value, _ := strings.Cut(p, "=")
		if plain, err := url.QueryUnescape(name); value != "" && (err != nil || secretParam(plain)) {
			params[i] = name + "=redacted"
		}
	}
	u.RawQuery = strings.Join(params, "&")
	return Text(u.String())
}

// Private says whether URL leaves something out.
func Private(raw string) bool {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return URL(raw) != u.String()
	}
	return URL(raw) != raw
}

// withoutUser hides what stands between :// and the last @.
func withoutUser(broken string) string {
	scheme, rest, found := strings.Cut(broken, "://")
	at := strings.LastIndex(rest, "@")
	if !found || at < 0 {
		return broken
	}
	return scheme + "://" + markSecret + rest[at:]
}

// secretParam is stricter with names than Text is: a URL says little, and is shown often.
func secretParam(name string) bool {
	name = strings.ToLower(name)
	for _, part := range []string{"secret", "token", "key", "pass", "pwd", "sig", "auth", "credential", "cookie", "session"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
