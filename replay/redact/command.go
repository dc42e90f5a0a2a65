package redact

import (
	"fmt"
	"strings"
)

// secretVariable is where a reproduced command finds the secret.
const secretVariable = `"$HOOKONCE_SECRET"`

// Command writes a command line that a POSIX shell runs again: quoted, with the value of --secret
// as a variable, and without what the other arguments carry of passwords, tokens, credentials
// and known secrets. Those have to be given again by hand.
func Command(args []string, known Secrets) string {
	known = secretsFrom(leastGiven, append(secretsOf(args), known...))
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		flag := strings.HasPrefix(name, "-")
		switch {
		case flag && !joined && i+1 < len(args) && hidesValue(name):
			i++
			out = append(out, quote(name), flagValue(name, args[i], known))
		case flag && joined:
			out = append(out, quote(name)+"="+flagValue(name, value, known))
		default:
			out = append(out, quote(argument(args[i], known)))
		}
	}
	return strings.Join(out, " ")
}

// leastGiven is how long, in bytes, a secret of the command line is that is sought in its other arguments.
const leastGiven = 4

// secretsOf finds the secrets, which may stand in other arguments too.
func secretsOf(args []string) (found []string) {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--secret="); ok {
			found = append(found, v)
		}
		if a == "--secret" && i+1 < len(args) {
			found = append(found, args[i+1])
		}
	}
	return found
}

// hidesValue says that the argument after the flag is its value and needs more than Text.
func hidesValue(name string) bool {
	return name == "--header" || name == "-H" || sensitiveFlag(name)
}

func sensitiveFlag(name string) bool {
	return sensitive(strings.TrimLeft(name, "-")) != harmless
}

func flagValue(name, value string, known Secrets) string {
	switch {
	case name == "--secret":
		return secretVariable
	case name == "--header" || name == "-H":
		return quote(headerLine(value, known))
	case sensitiveFlag(name):
		return quote(markSecret)
	}
	return quote(argument(value, known))
}

// headerLine hides the value of a header that may authorise somebody.
func headerLine(h string, known Secrets) string {
	name, value, found := strings.Cut(h, ":")
	if found && strings.TrimSpace(value) != "" && secretParam(name) {
		return name + ": " + markSecret
	}
	return argument(h, known)
}

func argument(a string, known Secrets) string {
	a = known.hide(a)
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
