package cmd

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tidwall/gjson"

	"hookonce/replay/provider"
)

// acmeYAML describes a provider that is not built in.
const acmeYAML = `# yaml-language-server: $schema=hookonce.schema.json
target: http://localhost:3000
providers:
  acme:
    route: /acme
    secret: made_up_secret_of_acme
    generic:
      id: "header: X-Acme-Id"
      type: kind
      subject: order.id
      version: order.rev
      deleted: "*.deleted"
      retries: [1m, 10m]
      patience: 4s
      signature:
        header: X-Acme-Signature
        value: t={timestamp},v1={signature}
        message: "{timestamp}.{body}"
        tolerance: 5m
`

// writeAcme records what the provider of acmeYAML sends.
func writeAcme(t *testing.T, dir string) {
	t.Helper()
	for n, kind := range []string{"placed", "changed", "deleted"} {
		text := `{"provider":"acme","headers":{"X-Acme-Id":"acme-0000-000` + string(rune('1'+n)) + `"},` +
			`"body":"{\"kind\":\"order.` + kind + `\",\"order\":{\"id\":\"ord-000777\",\"rev\":` + string(rune('1'+n)) + `}}"}`
		if err := os.WriteFile(filepath.Join(dir, kind+".json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Several providers, one of them described, in one run against one base URL, from one hookonce.yaml.
func TestSeveralProvidersInOneRun(t *testing.T) {
	dir := t.TempDir()
	acmeDir := filepath.Join(dir, "acme")
	if err := os.Mkdir(acmeDir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeAcme(t, acmeDir)
	fixtures, err := filepath.Abs(filepath.Join("..", "testdata", "fixtures"))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{of: func(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/hooks/") }, at: map[string]provider.Endpoint{}}
	url := s.serve(t)
	var y strings.Builder
	y.WriteString("target: " + url + "/hooks\neffects: " + url + "\nbursts: 1\nout: json\njournal: " + filepath.Join(dir, "run.jsonl") + "\n")
	y.WriteString("fixtures: " + acmeDir + "\n" + acmeYAML[strings.Index(acmeYAML, "providers:"):])
	for _, name := range []string{"shopify", "twilio", "slack", "square"} {
		y.WriteString("  " + name + ":\n    route: /" + name + "\n    secret: secret_of_" + name + "\n    fixtures: " + filepath.Join(fixtures, name) + "\n")
		s.at[name] = provider.Endpoint{Secrets: []string{"secret_of_" + name}, URL: url + "/hooks/" + name}
	}
	s.at["acme"] = provider.Endpoint{Secrets: []string{"made_up_secret_of_acme"}}
	config := filepath.Join(dir, "hookonce.yaml")
	if err := os.WriteFile(config, []byte(y.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := NewRunCmd(&Streams{}).Flags()
	c, err := setFlags(flags, config, []byte(y.String()), func(s string) string { return s })
	if err != nil {
		t.Fatal(err)
	}
	s.known = (&PlanningOptions{Described: c.providers}).known()
	code, out, errs := hookonce(t, "run", "--config", config)
	if code != exitPass {
		t.Fatalf("exit %d\n%.1500s\n%s", code, out, errs)
	}
	for _, name := range []string{"acme", "shopify", "twilio", "slack", "square"} {
		if !s.paths["/hooks/"+name] {
			t.Errorf("nothing came to the route of %s: %v", name, s.paths)
		}
	}
	journal, err := os.ReadFile(filepath.Join(dir, "run.jsonl"))
	if err != nil || strings.Contains(string(journal), "secret_of_") {
		t.Errorf("a secret is in the journal, or it cannot be read: %v", err)
	}
}

// One hookonce.yaml serves every command that looks at webhooks: each knows the providers it describes, and their fixtures. What
// run alone has, such as its own --out, is left aside.
func TestOneConfigurationServesAllCommands(t *testing.T) {
	dir := t.TempDir()
	writeAcme(t, dir)
	config := filepath.Join(dir, "hookonce.yaml")
	text := strings.Replace(acmeYAML, "    route: /acme", "    fixtures: "+dir+"/placed.json\n    route: /acme", 1) + "out: html=x.html\nexpect-effects: {order.placed: 1}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want string
	}{
		{[]string{"fixtures", "ls", "--config", config}, "acme-0000-0001"},
		{[]string{"fixtures", "ls", filepath.Join(dir, "changed.json"), "--config", config}, "order.changed"},
		{[]string{"plan", "--config", config, "--out", "json"}, `"provider": "acme"`},
		{[]string{"plan", "--config", config, filepath.Join(dir, "changed.json")}, "order.changed"},
	} {
		code, out, errs := hookonce(t, tc.args...)
		if code != exitPass || !strings.Contains(out, tc.want) || strings.Contains(strings.Join(tc.args, " "), "changed") && strings.Contains(out, "order.placed") {
			t.Errorf("%v: exit %d\n%.2000s\n%s", tc.args, code, out, errs)
		}
	}
}

// A provider's own fixtures may lie among the others: each file is read once, as the provider's.
func TestNestedFixturesAreReadOnce(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "acme")
	if err := os.Mkdir(own, 0o700); err != nil {
		t.Fatal(err)
	}
	writeAcme(t, own)
	writeAcme(t, dir)
	for _, fixtures := range []string{dir, own, filepath.Join(own, "placed.json")} {
		config := filepath.Join(t.TempDir(), "hookonce.yaml")
		text := "fixtures: " + fixtures + "\n" + strings.Replace(acmeYAML, "    route: /acme", "    fixtures: "+own+"\n    route: /acme", 1)
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out, errs := hookonce(t, "fixtures", "ls", "--config", config, "--out", "json")
		seen := map[string]int{}
		for _, at := range gjson.Get(out, "events.#.fixture").Array() {
			seen[at.Str]++
		}
		want := map[string]int{}
		for _, kind := range []string{"placed", "changed", "deleted"} {
			want[filepath.ToSlash(filepath.Join(own, kind+".json"))] = 1
			if fixtures == dir {
				want[filepath.ToSlash(filepath.Join(dir, kind+".json"))] = 1
			}
		}
		if code != exitPass || !maps.Equal(seen, want) {
			t.Errorf("%s: exit %d, read %v\n%s", fixtures, code, seen, errs)
		}
	}
}

// The recorder tells by the route whose a webhook is, and knows the described provider's events.
func TestRecordKnowsTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "hookonce.yaml")
	if err := os.WriteFile(config, []byte(acmeYAML), 0o600); err != nil {
		t.Fatal(err)
	}
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer endpoint.Close()
	out, addr := filepath.Join(dir, "recorded"), freePort(t)
	p := start(t, "record", "--config", config, "--listen", addr, "--forward", endpoint.URL, "--out", out)
	p.await("recording http://")
	resp, err := http.Post("http://"+addr+"/hooks/acme?x=1", "application/json", strings.NewReader(`{"kind":"order.placed","order":{"id":"ord-000777","rev":1}}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	p.signal(syscall.SIGINT)
	if code := p.exit(); code != exitPass || !strings.Contains(p.said.String(), "acme order.placed") {
		t.Fatalf("exit %d\n%s", code, p.said.String())
	}
	code, list, errs := hookonce(t, "fixtures", "ls", out, "--config", config)
	if code != exitPass || !strings.Contains(list, "order.placed") || !strings.Contains(list, "ord-000777") {
		t.Errorf("exit %d\n%s\n%s", code, list, errs)
	}
}

// Without routes, several providers in one folder are no run.
func TestSeveralProvidersNeedRoutes(t *testing.T) {
	fixtures := filepath.Join("..", "testdata", "fixtures")
	code, _, errs := hookonce(t, "run", filepath.Join(fixtures, "paddle"), filepath.Join(fixtures, "square"), "--target", "http://127.0.0.1:1/")
	if code != exitUsage || !strings.Contains(errs, "hookonce.yaml") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// Redeliveries follow each provider's own schedule, and patience is each provider's own.
func TestEachProviderKeepsItsClockwork(t *testing.T) {
	o := PlanningOptions{Seed: 1, Faults: "timeout", Copies: 2, Race: 2, Bursts: 1, Described: []described{{name: "slack"}, {name: "adyen"}}}
	set, err := o.load(&Streams{}, []string{filepath.Join("..", "testdata", "fixtures", "slack"), filepath.Join("..", "testdata", "fixtures", "adyen")})
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.planWith(set, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	events := p.plan.EventByKey()
	first := map[string]time.Duration{}
	for _, d := range p.plan.Deliveries {
		if d.OnlyUnacknowledged() && d.Wait > 0 {
			if w, ok := first[events[d.Event].Provider]; !ok || d.Wait < w {
				first[events[d.Event].Provider] = d.Wait
			}
		}
	}
	if first["slack"] != time.Minute || first["adyen"] != 9*time.Second {
		t.Errorf("the shortest waits are %v", first)
	}
	if p.patience() != 10*time.Second || p.plan.Provider != "slack+adyen" && p.plan.Provider != "adyen+slack" {
		t.Errorf("patience %s, plan for %s", p.patience(), p.plan.Provider)
	}
}

// A built-in handler takes the webhooks of every provider that hookonce.yaml describes, each at its route and with its secret.
func TestServeTakesSeveralProviders(t *testing.T) {
	dir := t.TempDir()
	writeAcme(t, dir)
	config := filepath.Join(dir, "hookonce.yaml")
	text := strings.Replace(acmeYAML, "target: http://localhost:3000\n", "", 1) + "  shopify:\n    route: /shopify\n    secret: secret_of_shopify\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	fixtures, err := filepath.Abs(filepath.Join("..", "testdata", "fixtures", "shopify", "product"))
	if err != nil {
		t.Fatal(err)
	}
	addr := freePort(t)
	p := start(t, "serve", "hardened", "--config", config, "--listen", addr, "--work", "1ms")
	code, out, errs := hookonce(t, "run", dir+"/placed.json", dir+"/changed.json", fixtures, "--config", config, "--target", "http://"+addr, "--wait", "30s",
		"--effects", "http://"+addr+"/effects", "--bursts", "1", "--faults", "duplicate,race,bad-signature", "--journal", filepath.Join(dir, "run.jsonl"))
	if code != exitPass {
		t.Errorf("exit %d\n%.3000s\n%s", code, out, errs)
	}
	p.signal(syscall.SIGINT)
	p.exit()
}

// Two providers cannot have one route.
func TestServeWantsRoutesOfTheirOwn(t *testing.T) {
	config := filepath.Join(t.TempDir(), "hookonce.yaml")
	if err := os.WriteFile(config, []byte("providers:\n  slack: { route: /hooks }\n  square: { route: /hooks }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := hookonce(t, "serve", "hardened", "--config", config, "--listen", "127.0.0.1:0")
	if code != exitUsage || !strings.Contains(errs, "give each its own") {
		t.Errorf("exit %d, %s", code, errs)
	}
}
