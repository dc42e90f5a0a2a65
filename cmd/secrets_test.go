//go:build unix

package cmd

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the endpoint tells of the secrets it shares with hookonce goes nowhere, wherever they came from and however they look.
func TestKnownSecretsGoNowhere(t *testing.T) {
	const ofFlag, ofEnvironment, ofConfig = "plain words of a flag", "plain words of the environment", "plain words of a file"
	url := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			_, _ = io.WriteString(w, "computed with "+ofFlag+", "+ofEnvironment+" and "+ofConfig)
		}
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
