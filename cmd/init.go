package cmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hookonce/dedupe/observe"
	"hookonce/replay"
	"hookonce/replay/fixture"
	"hookonce/replay/redact"
)

// InitOptions are the flags of init.
type InitOptions struct {
	Target     string
	Effects    []string
	AllowHosts []string
}

// NewInitCmd writes a configuration after looking at the endpoint.
func NewInitCmd(s *Streams) *cobra.Command {
	var o InitOptions
	c := &cobra.Command{
		Use:   "init [FIXTURE|DIR ...]",
		Short: "Look at an endpoint and write a commented hookonce.yaml",
		Long: `Looks at what is there: whether the endpoint answers and what it says to one unsigned, empty POST, whether effects can be
read, which fixtures there are. Writes hookonce.yaml with what it saw, its JSON Schema beside it, by which editors
complete and check it, and what to do next. It asks nothing and overwrites nothing.`,
		Example: `  hookonce init --target http://localhost:3000/webhooks/stripe
  hookonce init ./fixtures --target http://localhost:3000/webhooks/stripe \
    --effects http://localhost:3000/effects`,
		RunE: func(c *cobra.Command, args []string) error { return runInit(c.Context(), s, o, args) },
	}
	c.Flags().StringVar(&o.Target, "target", "", "`URL` of the endpoint")
	c.Flags().StringArrayVar(&o.Effects, "effects", nil, "effect `source`, as run takes it (default: looked for beside the endpoint) (repeatable)")
	c.Flags().StringArrayVar(&o.AllowHosts, "allow-host", nil, "`host` outside loopback and private networks that may be looked at (repeatable)")
	return c
}

func runInit(ctx context.Context, s *Streams, o InitOptions, args []string) error {
	if o.Target == "" {
		return usagef("init: missing --target URL. For example: hookonce init --target http://localhost:3000/webhooks")
	}
	if _, err := os.Lstat(defaultConfig); !errors.Is(err, fs.ErrNotExist) {
		return usagef("init: %s is there already; remove it first, or edit it", defaultConfig)
	}
	run := RunOptions{Targets: []string{o.Target}, AllowHosts: o.AllowHosts}
	target, err := run.target()
	if err != nil {
		return err
	}
	var sources []observe.Source
	for _, spec := range o.Effects {
		src, err := run.source(ctx, spec, observe.Options{})
		if err != nil {
			return err
		}
		sources = append(sources, src)
	}
	look := &lookout{ctx: ctx, dial: run.guardedDial}
	seen := sight{at: redact.URL(o.Target), target: o.Target, effects: slices.Clone(o.Effects)}
	seen.keepOut(sources)
	if seen.answer, err = look.endpoint(target); err != nil {
		return err
	}
	seen.sources = look.sources(sources)
	if len(o.Effects) == 0 {
		seen.effects, seen.sources = look.guess(target.URL)
	}
	if seen.fixtures, seen.events, err = findFixtures(s, args); err != nil {
		return err
	}
	if err := writeNew(defaultConfig, seen.yaml()); err != nil {
		return fmt.Errorf("init: %w", err)
	}
	if err := writeNew(schemaFile, string(configSchema)); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("init: %w", err)
	}
	_, err = fmt.Fprint(s.Out, seen.next())
	return err
}

// writeNew never overwrites: between the look and the write somebody may have made the file.
func writeNew(name, text string) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// findFixtures reads those named, or looks where they usually are.
func findFixtures(s *Streams, args []string) (paths []string, told string, err error) {
	candidates := [][]string{args}
	if len(args) == 0 {
		candidates = [][]string{{"fixtures"}, {"testdata/fixtures"}, {"test/fixtures"}}
	}
	for _, c := range candidates {
		set, err := fixture.Load(c, s.In, fixture.Options{})
		switch {
		case err != nil && len(args) > 0:
			return nil, "", usagef("%w", err)
		case err == nil && len(set.Events) > 0:
			return c, eventsOf(set.Events), nil
		}
	}
	return nil, "none were found in fixtures, testdata/fixtures or test/fixtures", nil
}

func eventsOf(events []replay.Event) string {
	var providers []string
	for _, e := range events {
		if !slices.Contains(providers, e.Provider) {
			providers = append(providers, e.Provider)
		}
	}
	told := fmt.Sprintf("%d events of %s", len(events), strings.Join(providers, ", "))
	if len(providers) > 1 {
		told += "; give each its route and secret under providers (README: several providers), or name the folder of one"
	}
	return told
}

// sight is what was seen.
type sight struct {
	at, answer       string // the target as it may be shown, and what it said
	target           string
	effects, sources []string
	fixtures         []string
	events           string
	exports          []string // variables that hold what the file may not
}

// keepOut puts variables in the place of what holds a secret: the file is one that is committed.
func (x *sight) keepOut(sources []observe.Source) {
	outside := func(value *string, variable string) {
		x.exports = append(x.exports, variable)
		*value = "${" + variable + "}"
	}
	if redact.Private(x.target) {
		outside(&x.target, "HOOKONCE_TARGET")
	}
	for i, src := range sources {
		if redact.Private(x.effects[i]) || strings.Contains(src.Info().Label, "***") {
			outside(&x.effects[i], fmt.Sprintf("HOOKONCE_EFFECTS_%d", i+1))
		}
	}
}

func (x sight) yaml() string {
	var b strings.Builder
	b.WriteString(schemaLine + "\n")
	b.WriteString("# Settings of hookonce run, by the names of its flags; flags win. Written by hookonce init.\n")
	fmt.Fprintf(&b, "\n# The endpoint %s.\ntarget: %s\n", x.answer, quoteYAML(x.target))
	if len(x.exports) > 0 {
		fmt.Fprintf(&b, "\n# What holds a secret is read from the environment: export %s before a run.\n", strings.Join(x.exports, " and "))
	}
	b.WriteString("\n# The secret the endpoint verifies with is read from $HOOKONCE_SECRET: it does not belong in a file.\n")
	fmt.Fprintf(&b, "\n# Recorded webhooks: %s.\n", x.events)
	listYAML(&b, "fixtures", x.fixtures, "./fixtures")
	b.WriteString("\n# Where to see how often each event was processed. Without it nothing is proven.\n")
	for _, s := range x.sources {
		fmt.Fprintf(&b, "# %s\n", s)
	}
	listYAML(&b, "effects", x.effects, "http://localhost:3000/effects")
	b.WriteString(`
# The same seed sends the same plan. Keep it fixed in CI, so that a red run stays red until the code changes.
seed: 1

# Duplicates this long after the acknowledgement; really waits.
# late: 70s

# Known violations, which do not fail a run: hookonce run --write-baseline hookonce-baseline.json
# baseline: hookonce-baseline.json

# Reports besides the one on the screen.
# out: [html=hookonce.html, junit=hookonce.xml]
`)
	return b.String()
}

// listYAML writes a list, or shows in a comment how one looks.
func listYAML(b *strings.Builder, name string, values []string, example string) {
	lead := ""
	if len(values) == 0 {
		lead, values = "# ", []string{example}
	}
	fmt.Fprintf(b, "%s%s:\n", lead, name)
	for _, v := range values {
		fmt.Fprintf(b, "%s  - %s\n", lead, quoteYAML(v))
	}
}

// quoteYAML writes a string as YAML reads it back: a JSON string is one.
func quoteYAML(v string) string {
	out, err := json.Marshal(v)
	if err != nil {
		return `""`
	}
	return string(out)
}

// next says what was seen and what to do.
func (x sight) next() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s is written, with %s for editors.\n  endpoint  %s %s\n  fixtures  %s\n", defaultConfig, schemaFile, x.at, x.answer, x.events)
	for _, s := range x.sources {
		fmt.Fprintf(&b, "  effects   %s\n", s)
	}
	b.WriteString("\nNext:\n")
	if len(x.effects) == 0 {
		b.WriteString("  let hookonce see effects, and name the source under effects in " + defaultConfig + "\n")
	}
	if len(x.fixtures) == 0 {
		b.WriteString("  record webhooks, or have the provider print some: hookonce record --help\n")
	}
	for _, name := range x.exports {
		fmt.Fprintf(&b, "  export %s=...    # as given here: it holds a secret, which does not belong in a file\n", name)
	}
	b.WriteString("  export HOOKONCE_SECRET=...    # the secret the endpoint verifies with\n  hookonce run\n")
	return b.String()
}
