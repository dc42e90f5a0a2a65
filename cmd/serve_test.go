package cmd

import (
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/tidwall/gjson"

	"hookonce/dedupe/reference"
	"hookonce/dedupe/serve"
)

// A built-in handler takes events of several accounts, and tells what it did under ids that the plan knows, whether it is asked or calls
// the downstream. What takes one id of two accounts for one event is found nonetheless.
func TestServedHandlerIsJudgedForEveryProvider(t *testing.T) {
	for _, name := range []string{"shopify", "github", "slack", "twilio"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of its time it waits
			for handler, want := range map[string]bool{"hardened": true, "no-source": false} {
				url := serveBuiltIn(t, name, handler, "")
				sink := freePort(t)
				runServed(t, want, name, url, url+"/effects")
				runServed(t, want, name, serveBuiltIn(t, name, handler, "http://"+sink), "listen:"+sink)
			}
		})
	}
}

func serveBuiltIn(t *testing.T, of, handler, downstream string) string {
	t.Helper()
	entry, err := findHandler(handler)
	if err != nil {
		t.Fatal(err)
	}
	setup := reference.Setup{Redis: "embedded"}
	if downstream != "" {
		if setup.Downstream, err = serve.Downstream(downstream, nil); err != nil {
			t.Fatal(err)
		}
	}
	world, err := reference.Open(t.Context(), setup)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String()
	o := PlanningOptions{Secrets: []string{secretFor(t, of)}, PublicURL: url + serve.Path}
	s, err := o.sideOf(of, nil)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = endpointOf(world, entry, []side{s})
	server.Start()
	t.Cleanup(func() {
		server.Close()
		_ = world.Close(t.Context())
	})
	return url
}

func runServed(t *testing.T, right bool, of, url, effects string) {
	t.Helper()
	code, out, errs := hookonce(t, "run", filepath.Join("..", "testdata", "fixtures", of), "--provider", of, "--secret", secretFor(t, of),
		"--target", url+serve.Path, "--effects", effects, "--faults", "duplicate,same-id", "--out", "json",
		"--journal", filepath.Join(t.TempDir(), "run.jsonl"))
	report := gjson.Parse(out)
	// What tells no accounts apart is no violation, but a hint.
	if code != exitPass || right != (report.Get("findings.#").Int() == 0) || report.Get(`faults.#(fault=="same-id").fired`).Int() == 0 {
		t.Errorf("%s: exit %d, missing %s, faults %s, findings %.900s\n%s", effects, code, report.Get("missing"), report.Get("faults"),
			report.Get("findings"), errs)
	}
}
