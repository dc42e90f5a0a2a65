package cmd

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// NewProvidersCmd shows the provider profiles.
func NewProvidersCmd(s *Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "providers [NAME]",
		Short: "The provider profiles, with the source and date of every figure",
		Example: `  hookonce providers
  hookonce providers stripe`,
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: provider.Names(),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listProviders(s.Out)
			}
			p, err := provider.ByName(args[0])
			if err != nil {
				return usagef("%w", err)
			}
			return showProvider(s.Out, p.Profile())
		},
	}
}

func listProviders(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tPATIENCE\tSUCCESS\tRETRIES\tRETRY SPAN\tTOLERANCE")
	for _, name := range provider.Names() {
		p, err := provider.ByName(name)
		if err != nil {
			return err
		}
		f := p.Profile()
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", f.Name, f.Patience, statuses(f.Success), len(f.Retries), f.RetrySpan, orNone(f.Tolerance))
	}
	return t.Flush()
}

func showProvider(w io.Writer, f replay.Profile) error {
	waits := make([]string, len(f.Retries))
	for i, d := range f.Retries {
		waits[i] = d.String()
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "name\t%s\n", f.Name)
	fmt.Fprintf(t, "patience\t%s\n", f.Patience)
	fmt.Fprintf(t, "success\t%s\n", statuses(f.Success))
	fmt.Fprintf(t, "retries after\t%s\n", strings.Join(waits, ", "))
	fmt.Fprintf(t, "retry span\t%s\n", f.RetrySpan)
	fmt.Fprintf(t, "signature tolerance\t%s\n", orNone(f.Tolerance))
	fmt.Fprintf(t, "tie rule\t%s\n", f.TieRule)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nSources (A official, B secondary, C not verified):\n")
	for _, s := range f.Sources {
		fmt.Fprintf(w, "  [%s] %s: %s\n      %s, read %s\n", s.Grade, s.Figure, s.Text, s.Where, s.Date)
	}
	return nil
}

func statuses(ranges []replay.StatusRange) string {
	out := make([]string, len(ranges))
	for i, r := range ranges {
		out[i] = fmt.Sprint(r.From)
		if r.To != r.From {
			out[i] += fmt.Sprintf("-%d", r.To)
		}
	}
	return strings.Join(out, ", ")
}

func orNone(d time.Duration) string {
	if d == 0 {
		return "none"
	}
	return d.String()
}
