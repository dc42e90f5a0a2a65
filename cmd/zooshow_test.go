package cmd

import (
	"bytes"
	"strings"
	"testing"

	"hookonce/dedupe/zoo"
)

func show(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := &Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr, Getenv: func(string) string { return "" }}
	code = execute(t.Context(), s, nil, append([]string{"zoo", "show"}, args...))
	return stdout.String() + stderr.String(), code
}

// Each flaw is drawn in 80 columns with its moment pointed out, the same for the same seed; a
// correct handler has none.
func TestZooShow(t *testing.T) {
	for _, e := range zoo.Handlers() {
		out, code := show(t, e.Name)
		if code != 0 || strings.Contains(out, "▲") == e.Correct() {
			t.Errorf("%s: code %d\n%s", e.Name, code, out)
		}
		if again, _ := show(t, e.Name); again != out {
			t.Errorf("%s: drawn differently the second time", e.Name)
		}
		if e.Correct() && !strings.Contains(out, "exactly once") {
			t.Errorf("%s: %s", e.Name, out)
		}
	}
}

func TestZooShowRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"no handler dodo": {"dodo"}, "no scenario flood": {"article", "flood"}, "arg": nil,
	} {
		if out, code := show(t, args...); code != exitUsage || !strings.Contains(out, want) || strings.Count(out, "\n") != 1 {
			t.Errorf("%q: code %d: %s", args, code, out)
		}
	}
}

// A scenario in which nothing can happen to the handler proves nothing, and says so.
func TestZooShowInconclusive(t *testing.T) {
	if out, code := show(t, "none", "reply-lost"); code != 0 || !strings.Contains(out, "Inconclusive") {
		t.Errorf("code %d: %s", code, out)
	}
}
