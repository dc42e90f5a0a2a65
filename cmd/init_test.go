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
