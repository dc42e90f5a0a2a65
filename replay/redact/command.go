package redact

import (
	"fmt"
	"strings"
)

// secretVariable is where a reproduced command finds the secret.
const secretVariable = `"$HOOKONCE_SECRET"`

// Command writes a command line that a POSIX shell runs again: quoted, with the value of --secret
// as a variable, and without what the other arguments carry of passwords, tokens and
// credentials. Those have to be given again by hand.
func Command(args []string) string {
	secret := secretOf(args)
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		flag := strings.HasPrefix(name, "-")
		switch {
		case flag && !joined && i+1 < len(args) && hidesValue(name):
			i++
			out = append(out, quote(name), flagValue(name, args[i], secret))
		case flag && joined:
			out = append(out, quote(name)+"="+flagValue(name, value, secret))
		default:
			out = append(out, quote(argument(args[i], secret)))
		}
	}
	return strings.Join(out, " ")
}

// secretOf finds the secret, which may stand in other arguments too.
func secretOf(args []string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--secret="); ok {
			return v
		}
		if a == "--secret" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// hidesValue says that the argument after the flag is its value and needs more than Text.
func hidesValue(name string) bool {
	return name == "--header" || name == "-H" || sensitiveFlag(name)
}

func sensitiveFlag(name string) bool {
	return sensitive(strings.TrimLeft(name, "-")) != harmless
}

func flagValue(name, value, secret string) string {
	switch {
	case name == "--secret":
		return secretVariable
	case name == "--header" || name == "-H":
		return quote(headerLine(value, secret))
	case sensitiveFlag(name):
		return quote(markSecret)
	}
	return quote(argument(value, secret))
}

// headerLine hides the value of a header that may authorise somebody.
func headerLine(h, secret string) string {
	name, value, found := strings.Cut(h, ":")
	if found && strings.TrimSpace(value) != "" && secretParam(name) {
		return name + ": " + markSecret
	}
	return argument(h, secret)
}

func argument(a, secret string) string {
	if len(secret) >= 4 {
		a = strings.ReplaceAll(a, secret, markSecret)
	}
	if strings.Contains(a, "://") && !strings.ContainsAny(a, " \t\n'\"") {
		return URL(a)
	}
	return Text(a)
}

// quote makes one word of a POSIX shell; control characters, which only $'...' can write, of bash, zsh and ksh.
func quote(s string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+"
	switch {
	case s != "" && strings.Trim(s, plain) == "":
		return s
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return ansiQuote(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func ansiQuote(s string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + string(c))
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}
