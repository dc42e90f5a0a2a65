package cmd

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What init writes, run takes as it is.
func TestInitWritesWhatRunReads(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	fixtures, err := filepath.Abs(fixtureDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	code, out, errs := hookonce(t, "init", fixtures, "--target", url, "--effects", url)
	if code != exitPass || !strings.Contains(out, "refused an unsigned, empty POST with 400") || !strings.Contains(out, "effects   "+url+" can be read") ||
		!strings.Contains(out, "events of stripe") {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	code, out, errs = hookonce(t, "run", "--secret", testSecret, "--only", "payment_intent.*", "--bursts", "1", "--out", "json")
	if code != exitPass || !strings.Contains(out, `"verdict": "pass"`) {
		t.Errorf("exit %d\n%.400s\n%s", code, out, errs)
	}
	before, err := os.ReadFile(defaultConfig)
	if err != nil {
		t.Fatal(err)
	}
	if code, _, errs := hookonce(t, "init", "--target", url); code != exitUsage || !strings.Contains(errs, "is there already") {
		t.Errorf("a second time: exit %d, %s", code, errs)
	}
	if after, err := os.ReadFile(defaultConfig); err != nil || string(after) != string(before) {
		t.Errorf("overwritten: %v", err)
	}
}

func TestInitSaysWhatItSees(t *testing.T) {
	answer := func(status int) string {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(srv.Close)
		return srv.URL
	}
	for _, c := range []struct {
		target string
		code   int
		want   string
	}{
		{answer(200), exitPass, "does it verify signatures?"},
		{answer(404), exitPass, "is this the path of the webhooks?"},
		{answer(301), exitPass, "name the final URL"},
		{answer(500), exitPass, "look at its log"},
		{"http://" + freePort(t) + "/", exitPass, "did not answer yet"},
		{"http://192.0.2.1/", exitUsage, "--allow-host"},
		{"", exitUsage, "missing --target"},
		{"nowhere", exitUsage, "not a URL"},
	} {
		t.Chdir(t.TempDir())
		code, out, errs := hookonce(t, "init", "--target", c.target)
		if code != c.code || !strings.Contains(out+errs, c.want) {
			t.Errorf("%s: exit %d, want %d and %q\n%s%s", c.target, code, c.code, c.want, out, errs)
		}
		if _, err := os.Stat(defaultConfig); (err == nil) != (c.code == exitPass) {
			t.Errorf("%s: exit %d, the file: %v", c.target, code, err)
		}
	}
}

// A file that is committed holds no secret: a variable stands for what does, and run reads it.
func TestInitKeepsSecretsOut(t *testing.T) {
	url := serveEndpoint(t, &endpoint{})
	fixtures, err := filepath.Abs(fixtureDir)
	if err != nil {
		t.Fatal(err)
	}
	target, effects := strings.Replace(url, "http://", "http://app:hunter2@", 1)+"/?auth=tok123tok123", url+"/?token=tok123tok123"
	t.Chdir(t.TempDir())
	code, out, errs := hookonce(t, "init", fixtures, "--target", target, "--effects", url, "--effects", effects)
	written, err := os.ReadFile(defaultConfig)
	if told := out + errs + string(written); code != exitPass || err != nil || strings.Contains(told, "hunter2") || strings.Contains(told, "tok123") {
		t.Fatalf("exit %d, %v:\n%s", code, err, told)
	}
	if !strings.Contains(string(written), "# What holds a secret is read from the environment: export HOOKONCE_TARGET and HOOKONCE_EFFECTS_2") ||
		!strings.Contains(out, "export HOOKONCE_TARGET=...") {
		t.Errorf("%s%s", written, out)
	}
	s := &Streams{In: strings.NewReader(""), Out: &lockedBuffer{}, Err: &lockedBuffer{}, Getenv: func(name string) string {
		return map[string]string{"HOOKONCE_TARGET": target, "HOOKONCE_EFFECTS_2": effects}[name]
	}}
	args := []string{"run", "--secret", testSecret, "--only", "payment_intent.*", "--bursts", "1"}
	if code := execute(t.Context(), s, os.DirFS("."), args); code != exitPass {
		t.Errorf("run: exit %d: %s", code, s.Err)
	}
}
