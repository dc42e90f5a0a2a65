package proxy

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"hookonce/replay"
)

// The bounds of the log: what is beyond them is counted only.
const (
	maxPerEvent = 200
	maxOthers   = 2000
)

// log numbers the commands and bounds what is kept of them.
type log struct {
	mu      sync.Mutex
	ofEvent map[string]int
	others  int
	dropped int
}

// number counts a command of the event; keep says that there is room for it.
func (l *log) number(event string) (n int, keep bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if event == "" {
		l.others++
		keep = l.others <= maxOthers
	} else {
		l.ofEvent[event]++
		n = l.ofEvent[event]
		keep = n <= maxPerEvent
	}
	if !keep {
		l.dropped++
	}
	return n, keep
}

// describe writes a command down, without its secrets.
func describe(args [][]byte) (name string, out []string) {
	name = string(bytes.ToUpper(args[0]))
	rest := args[1:]
	if secret(name, rest) {
		return name, []string{"(masked)"}
	}
	for i, a := range rest {
		if i == replay.MaxArgs {
			out = append(out, fmt.Sprintf("(%d more)", len(rest)-i))
			break
		}
		if i == 0 && (name == "EVAL" || name == "EVAL_RO") {
			out = append(out, script(a))
			continue
		}
		out = append(out, short(a))
	}
	return name, out
}

// secret says that the arguments hold a password.
func secret(name string, args [][]byte) bool {
	switch name {
	case "AUTH", "MIGRATE", "ACL", "CONFIG":
		return true
	case "HELLO":
		return len(args) > 1
	}
	return false
}

func short(a []byte) string {
	if len(a) > replay.MaxArg {
		return strings.ToValidUTF8(string(a[:replay.MaxArg]), "") + "…"
	}
	return strings.ToValidUTF8(string(a), "\uFFFD")
}

// script names a script by its leading comment or, where it has none, by its size.
func script(text []byte) string {
	first, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	if name, is := bytes.CutPrefix(first, []byte("--")); is && len(bytes.TrimSpace(name)) > 0 {
		return "(script: " + short(bytes.TrimSpace(name)) + ")"
	}
	return fmt.Sprintf("(script of %d bytes)", len(text))
}

// replyText says what a server answered, from the beginning of its reply.
func replyText(b []byte) string {
	line, rest, _ := bytes.Cut(b, []byte("\r\n"))
	if len(line) == 0 {
		return ""
	}
	switch line[0] {
	case '+', ':', ',', '(', '#':
		return short(line[1:])
	case '-':
		return "(error) " + short(line[1:])
	case '_':
		return "nil"
	case '$', '=', '!':
		if bytes.Equal(line[1:], []byte("-1")) {
			return "nil"
		}
		text, _, whole := bytes.Cut(rest, []byte("\r\n"))
		if !whole && len(text) <= replay.MaxArg {
			return short(text) + "…"
		}
		return short(text)
	case '*', '~', '%', '>':
		return aggregateText(line, rest)
	}
	return ""
}

// aggregateText is the beginning of a list.
func aggregateText(head, rest []byte) string {
	if bytes.Equal(head[1:], []byte("-1")) {
		return "nil"
	}
	var parts []string
	for len(rest) > 0 && len(parts) < replay.MaxArgs {
		line, after, whole := bytes.Cut(rest, []byte("\r\n"))
		if !whole || len(line) == 0 {
			break
		}
		rest = after
		switch line[0] {
		case '$':
			if bytes.Equal(line[1:], []byte("-1")) {
				parts = append(parts, "nil")
				continue
			}
			text, after, _ := bytes.Cut(rest, []byte("\r\n"))
			parts, rest = append(parts, short(text)), after
		case '*', '~', '%':
		default:
			parts = append(parts, short(line[1:]))
		}
	}
	return "[" + strings.Join(parts, " ") + "]"
}
