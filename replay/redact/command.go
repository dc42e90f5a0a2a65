package redact

import "strings"

// secretVariable is where a reproduced command finds the secret.
const secretVariable = `"$HOOKONCE_SECRET"`

// Command writes a command line that a shell runs again: quoted, with the secret
// as a variable, and without what flags carry of passwords and tokens.
func Command(args []string) string {
	out := make([]string, 0, len(args))
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		switch {
		case name == "--secret" && joined:
			out = append(out, "--secret="+secretVariable)
		case name == "--secret" && i+1 < len(args):
			out = append(out, name, secretVariable)
			i++
		case name == "--header" && !joined && i+1 < len(args):
			out = append(out, name, quote(header(args[i+1])))
			i++
		case name == "--header":
			out = append(out, "--header="+quote(header(value)))
		case strings.Contains(args[i], "://"):
			out = append(out, quote(urlIn(args[i])))
		default:
			out = append(out, quote(Text(args[i])))
		}
	}
	return strings.Join(out, " ")
}

// header hides the value of a header that may authorise.
func header(h string) string {
	name, _, found := strings.Cut(h, ":")
	if found && secretParam.MatchString(name) || strings.EqualFold(strings.TrimSpace(name), "cookie") {
		return name + ": redacted"
	}
	return Text(h)
}

// urlIn redacts the URL an argument is, or ends with.
func urlIn(arg string) string {
	if strings.ContainsAny(arg, " \t\n") {
		return Text(arg)
	}
	if name, rest, found := strings.Cut(arg, "="); found && strings.HasPrefix(name, "--") {
		return name + "=" + URL(rest)
	}
	return URL(arg)
}

// quote makes one word of a POSIX shell.
func quote(s string) string {
	plain := s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+") == ""
	if plain {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
