package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hookonce/replay"
	"hookonce/replay/fixture"
)

// FixturesOptions are the flags of fixtures ls.
type FixturesOptions struct {
	PlanningOptions
	Out     string
	Summary bool
}

// NewFixturesCmd shows what fixture files were taken for.
func NewFixturesCmd(s *Streams) *cobra.Command {
	c := &cobra.Command{
		Use:     "fixtures",
		Short:   "Look at recorded webhooks",
		Example: "  hookonce fixtures ls ./fixtures/stripe\n  hookonce fixtures ls --help",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newFixturesLsCmd(s))
	return c
}

func newFixturesLsCmd(s *Streams) *cobra.Command {
	var o FixturesOptions
	c := &cobra.Command{
		Use:   "ls [FIXTURE|DIR ...]",
		Short: "Show what each file was taken for, or why it was refused",
		Long: `Shows for every event where it was found, what the file was taken for, and what identifies the
event; for every file without events the reason; and a table of counts per folder.`,
		Example: `  hookonce fixtures ls ./fixtures/stripe
  hookonce fixtures ls ./fixtures --summary
  stripe events list --limit 20 | hookonce fixtures ls -`,
		RunE: func(c *cobra.Command, args []string) error { return runFixturesLs(c, s, o, args) },
	}
	o.addConfig(c.Flags())
	c.Flags().StringVar(&o.Provider, "provider", "", "`name` of the provider (default: detect)")
	c.Flags().StringVar(&o.Out, "out", "text", "text or json")
	c.Flags().BoolVar(&o.Summary, "summary", false, "only the table of counts per folder")
	return c
}

func runFixturesLs(c *cobra.Command, s *Streams, o FixturesOptions, args []string) error {
	args, err := o.configure(c, s, args, "out")
	switch {
	case err != nil:
		return err
	case len(args) == 0 && !o.describedFixtures():
		return usagef("fixtures ls: name a file, a folder, or - for stdin")
	}
	if o.Out != "text" && o.Out != "json" {
		return usagef("--out %s: fixtures ls knows text and json", safe(o.Out))
	}
	begin := time.Now()
	set, err := o.loadWith(s, args, fixture.Options{Explain: true})
	if err != nil {
		return usagef("%w", err)
	}
	took := time.Since(begin)
	if o.Out == "json" {
		err = writeFixturesJSON(s.Out, set, o.Summary)
	} else {
		err = writeFixturesText(s.Out, set, o.Summary)
	}
	if err != nil {
		return err
	}
	var size int64
	for _, f := range set.Files {
		size += f.Bytes
	}
	fmt.Fprintf(s.Err, "read %.1f MB in %s\n", float64(size)/1e6, took.Round(time.Millisecond))
	if len(set.Events) == 0 {
		where := "the reasons stand above"
		if o.Summary {
			where = "without --summary, the reasons are told"
		}
		return usagef("fixtures ls: no events among %d files: %s", len(set.Files), where)
	}
	return nil
}

// eachFile visits the files with the events each gave.
func eachFile(set fixture.Set, visit func(f fixture.FileInfo, events []replay.Event)) {
	rest := set.Events
	for _, f := range set.Files {
		visit(f, rest[:f.Events])
		rest = rest[f.Events:]
	}
}

func writeFixturesText(w io.Writer, set fixture.Set, summary bool) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	if !summary {
		fmt.Fprintln(t, "FIXTURE\tTAKEN FOR\tPROVIDER\tTYPE\tKEY\tSUBJECT\tVERSION\t")
		eachFile(set, func(f fixture.FileInfo, events []replay.Event) {
			for _, e := range events {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", safe(e.Fixture), f.Format, e.Provider, safe(e.Type), safe(e.Key),
					orDash(safe(e.Subject)), orDash(safe(e.Version)), map[bool]string{true: "LIVE MODE"}[e.Live])
			}
			if f.Of != "" {
				fmt.Fprintf(t, "%s\theaders of %s\t\n", safe(f.Path), safe(path.Base(f.Of)))
			}
		})
		if err := t.Flush(); err != nil {
			return err
		}
		for _, f := range set.Explained() {
			fmt.Fprintf(w, "%s %s: %s\n", refusal(f), safe(f.Path), safe(f.Reason))
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(t, "FOLDER\tFILES\tEVENTS\tREFUSED\tPROVIDERS\t")
	rows := fixture.Folders(set)
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%s\t\n", safe(r.Folder), r.Files, r.Events, r.Refused, orDash(r.ProviderCounts()))
	}
	return t.Flush()
}

// refusal says in a word or two how much of a file was refused.
func refusal(f fixture.FileInfo) string {
	switch {
	case f.Broken:
		return "broken"
	case f.Events > 0:
		return "left out in part"
	case f.Format != "":
		return "refused (" + f.Format + ")"
	}
	return "left out"
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

type fixtureJSON struct {
	Fixture  string `json:"fixture"`
	Format   string `json:"format"`
	Provider string `json:"provider"`
	Key      string `json:"key"`
	Type     string `json:"type"`
	Subject  string `json:"subject,omitempty"`
	Version  string `json:"version,omitempty"`
	Live     bool   `json:"live,omitempty"`
}

type fileJSON struct {
	Path      string `json:"path"`
	Format    string `json:"format,omitempty"`
	Events    int    `json:"events"`
	Reason    string `json:"reason,omitempty"`
	HeadersOf string `json:"headers_of,omitempty"`
}

func writeFixturesJSON(w io.Writer, set fixture.Set, summary bool) error {
	out := struct {
		Schema  string           `json:"schema"`
		Events  []fixtureJSON    `json:"events,omitempty"`
		Files   []fileJSON       `json:"files,omitempty"`
		Folders []fixture.Folder `json:"folders"`
	}{Schema: "hookonce.fixtures/v1", Folders: fixture.Folders(set)}
	if !summary {
		eachFile(set, func(f fixture.FileInfo, events []replay.Event) {
			out.Files = append(out.Files, fileJSON{f.Path, f.Format, f.Events, f.Reason, f.Of})
			for _, e := range events {
				out.Events = append(out.Events, fixtureJSON{e.Fixture, f.Format, e.Provider, e.Key, e.Type, e.Subject, e.Version, e.Live})
			}
		})
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(out)
}
