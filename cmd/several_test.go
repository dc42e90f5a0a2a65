package cmd

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
