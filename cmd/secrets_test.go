//go:build unix

package cmd

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What the endpoint tells of the secrets it shares with hookonce goes nowhere, wherever they came from and however they look.
func TestKnownSecretsGoNowhere(t *testing.T) {
	const ofFlag, ofEnvironment, ofConfig = "plain words of a flag", "plain words of the environment", "plain words of a file"
	url := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told := "computed with " + ofFlag + ", " + ofEnvironment + " and " + ofConfig
		if r.Method == http.MethodGet { // for effects
			told = "[]"
		}
		_, _ = io.WriteString(w, told)
	}))
	fixtures, err := filepath.Abs(fixtureDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile(defaultConfig, []byte("providers:\n  stripe:\n    secret: "+ofConfig+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var outs, errs lockedBuffer
	s := &Streams{In: strings.NewReader(""), Out: &outs, Err: &errs, Getenv: func(name string) string {
		return map[string]string{"HOOKONCE_SECRET": ofEnvironment}[name]
	}}
	code := execute(t.Context(), s, os.DirFS("."), []string{"run", fixtures, "--target", url, "--secret", ofFlag, "--effects", url, "--faults", "duplicate", "--only", "charge.succeeded",
		"--journal", "run.jsonl", "--out", "text", "--out", "json=run.json", "--out", "html=run.html"})
	told := outs.String() + errs.String()
	for _, name := range []string{"run.jsonl", "run.json", "run.html"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("exit %d: %v\n%s", code, err, errs.String())
		}
		told += string(text)
	}
	if !strings.Contains(told, "computed with [redacted secret], [redacted secret] and [redacted secret]") {
		t.Error("the answer is not told at all")
	}
	for _, secret := range []string{ofFlag, ofEnvironment, ofConfig} {
		if strings.Contains(told, secret) {
			t.Errorf("%s is told", secret)
		}
	}
}

// A line that tells an error tells no password, and moves no cursor.
func TestErrorsAreSafe(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	fixtures, err := filepath.Abs(fixtureDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a\x1b[31m.json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"as %23", []string{"--effects", "mysql://app:hun/ter2@localhost:1/shop#select 1,2"}},
		{"as %23", []string{"--effects", "postgres://app:hun ter2@localhost/shop#select 1"}},
		{"as %23", []string{"--effects", "postgres://app:hun#ter2@localhost/shop#select 1"}},
		{"@127.0.0.1:1/: not a URL", []string{"--target", "http://app:hun#ter2@127.0.0.1:1/"}},
		{"X-Api-Key is none; give it", []string{"--header", "X-Api-Key hunter2"}},
		{`a\x1b[31m.json`, nil},
		{"exit status 1: password=***", []string{"--effects", "exec:echo password=hunter2 >&2; exit 1"}},
	} {
		args := append([]string{"run", fixtures, "--secret", testSecret}, c.args...)
		if !slices.Contains(args, "--target") {
			args = append(args, "--target", url)
		}
		if c.args == nil {
			args[1] = "a\x1b[31m.json"
		}
		code, _, errs := hookonce(t, args...)
		if code == exitPass || !strings.Contains(errs, c.want) || strings.Contains(errs, "ter2") || strings.Contains(errs, "\x1b") {
			t.Errorf("%q: exit %d, want %q: %q", c.args, code, c.want, errs)
		}
	}
}
