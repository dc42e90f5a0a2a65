package cmd

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// ProvidersOptions are the flags of providers.
type ProvidersOptions struct {
	Out    string
	NewKey bool
}

// NewProvidersCmd shows the provider profiles.
func NewProvidersCmd(s *Streams) *cobra.Command {
	var o ProvidersOptions
	c := &cobra.Command{
		Use:   "providers [NAME]",
		Short: "The provider profiles, with the source and date of every figure",
		Long: `Shows what hookonce knows of each provider: what identifies an event, how it is signed, how long an
answer is waited for, and when it is sent again. Any other provider can be described in hookonce.yaml.`,
		Example: `  hookonce providers
  hookonce providers stripe
  hookonce providers --out json
  hookonce providers sendgrid --new-key     # a pair of keys for testing`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: wordsOf(provider.Names),
		RunE:              func(_ *cobra.Command, args []string) error { return runProviders(s, o, args) },
	}
	c.Flags().StringVar(&o.Out, "out", "text", "text or json")
	c.Flags().BoolVar(&o.NewKey, "new-key", false, "make a pair of keys for testing, where the provider signs with a private key (sendgrid, paypal; standardwebhooks and svix with v1a)")
	return c
}

func runProviders(s *Streams, o ProvidersOptions, args []string) error {
	if o.Out != "text" && o.Out != "json" {
		return usagef("--out %s: providers knows text and json", safe(o.Out))
	}
	if len(args) == 0 {
		if o.NewKey {
			return usagef("--new-key: name the provider, as in hookonce providers sendgrid --new-key")
		}
		return listProviders(s.Out, o.Out == "json")
	}
	p, err := provider.ByName(args[0])
	if err != nil {
		return usagef("%w", err)
	}
	switch {
	case o.NewKey:
		return newKey(s, p)
	case o.Out == "json":
		return printJSON(s.Out, p.Profile())
	}
	return showProvider(s.Out, p.Profile())
}

// newKey prints a pair so that each part can be sent where it belongs: the private key to stdout.
func newKey(s *Streams, p provider.Provider) error {
	k, err := provider.NewKeys(p)
	if err != nil {
		return usagef("--new-key: %w", err)
	}
	fmt.Fprintf(s.Err, "the endpoint is configured with this, for tests only:\n\n%s\nthe private key is hookonce's --secret:\n\n", k.Public)
	_, err = io.WriteString(s.Out, k.Private)
	return err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func profiles() []replay.Profile {
	var all []replay.Profile
	for _, name := range provider.Names() {
		if p, err := provider.ByName(name); err == nil {
			all = append(all, p.Profile())
		}
	}
	return all
}

func listProviders(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, profiles())
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "NAME\tPATIENCE\tSUCCESS\tRETRIES\tWITHIN\tTOLERANCE")
	for _, f := range profiles() {
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", f.Name, f.Patience, statuses(f.Success), len(f.Retries), plainSpan(f.RetrySpan), orNone(f.Tolerance))
	}
	return t.Flush()
}

// givesUpOn lists the answers after which the provider drops an event. Runs keep to it.
func givesUpOn(f replay.Profile) string {
	var out []string
	if len(f.GiveUp) > 0 {
		out = append(out, statuses(f.GiveUp))
	}
	if f.HeedsNoRetry {
		out = append(out, replay.NoRetryHeader+": 1")
	}
	return strings.Join(out, ", ")
}

func showProvider(w io.Writer, f replay.Profile) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, row := range [][2]string{
		{"name", f.Name}, {"identity", f.Identity}, {"order", f.Order}, {"ties", f.TieRule}, {"signature", f.Signing},
		{"tolerance", orNone(f.Tolerance)}, {"content", f.ContentType}, {"patience", plainSpan(f.Patience)}, {"success", statuses(f.Success)},
		{"otherwise", f.Failure}, {"gives up on", givesUpOn(f)}, {"retries after", waits(f.Retries)}, {"within", plainSpan(f.RetrySpan)}, {"retry headers", f.Redelivery},
	} {
		for i, line := range wrapped(orDash(row[1]), 90) {
			if i > 0 {
				row[0] = ""
			}
			fmt.Fprintf(t, "%s\t%s\n", row[0], line)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nSources (A official, B secondary, C not verified):\n")
	for _, s := range f.Sources {
		fmt.Fprintf(w, "  [%s] %s: %s\n      %s, read %s\n", s.Grade, s.Figure, s.Text, s.Where, s.Date)
	}
	return nil
}

// waits lists the waits, the last one once where it repeats.
func waits(all []time.Duration) string {
	if len(all) == 0 {
		return "never by itself"
	}
	var parts []string
	for i := 0; i < len(all); {
		n := 1
		for i+n < len(all) && all[i+n] == all[i] {
			n++
		}
		part := plainSpan(all[i])
		if n > 1 {
			part = fmt.Sprintf("%d times %s", n, part)
		}
		parts = append(parts, part)
		i += n
	}
	return strings.Join(parts, ", ")
}

// plainSpan is a duration without the parts that are zero: 5m, 27h35m5s.
func plainSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// wrapped breaks a text into lines of at most width characters, where it can.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		line = strings.TrimLeft(line+" "+word, " ")
	}
	return append(lines, line)
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
	return plainSpan(d)
}
