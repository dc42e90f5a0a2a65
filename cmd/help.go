package cmd

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The screen that a command's help fits on: a terminal of 24 lines, less the prompt.
const (
	helpLines = 23
	helpWidth = 80
)

// more is the annotation under which a command names the list that only --help-all shows.
const more = "more"

// moreText makes such a list when it is asked for: made beforehand, it would delay every start.
func moreText(c *cobra.Command) string {
	switch c.Annotations[more] {
	case "faults":
		return faultList()
	case "figures":
		return figureList()
	case "handlers":
		return handlerList()
	}
	return ""
}

// foremost names the flags that help shows of commands which have too many for a screen.
func foremost() map[string][]string {
	return map[string][]string{
		"run":    {"target", "secret", "effects", "faults", "late", "seed", "only", "exec", "out", "baseline"},
		"demo":   {"faults", "seed", "only", "out", "tui", "work"},
		"load":   {"target", "secret", "effects", "rate", "duration", "duplicates", "races", "bad-signatures", "closed", "fail-if", "out", "results"},
		"plan":   {"faults", "seed", "only", "late", "copies", "race", "bursts", "dense", "provider", "out"},
		"serve":  {"listen", "secret", "work", "fail-first", "redis", "database", "provider"},
		"record": {"listen", "forward", "out", "provider"},
	}
}

// setHelp gives every command a help that fits a screen, and --help-all.
func setHelp(root *cobra.Command) {
	root.PersistentFlags().Bool("help-all", false, "all flags, with everything there is to say about them")
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		text := shortHelp(c)
		if all, err := c.Flags().GetBool("help-all"); err == nil && all {
			text = longHelp(c)
		}
		fmt.Fprint(c.OutOrStdout(), text)
	})
	strictHelp(root)
}

// strictHelp has cobra's own commands refuse what there is not, like all others: they would show some help, and exit 0.
func strictHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "completion":
			c.RunE = func(c *cobra.Command, _ []string) error { return c.Help() }
			wrapArgs(c)
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
					return usagef("there is no command %s (see %s --help)", safe(strings.Join(args, " ")), root.Name())
				}
				return nil
			}
		}
	}
}

// helpAll makes a command answer --help-all, whatever else it was given.
func helpAll(c *cobra.Command) {
	check, run := c.Args, c.RunE
	asked := func(c *cobra.Command) bool {
		all, err := c.Flags().GetBool("help-all")
		return err == nil && all
	}
	c.Args = func(c *cobra.Command, args []string) error {
		if check == nil || asked(c) {
			return nil
		}
		return check(c, args)
	}
	if run == nil {
		return
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if asked(c) {
			return c.Help()
		}
		return run(c, args)
	}
}

// shortHelp fits a screen: of a command with many flags it shows the foremost, of a flag the first words.
func shortHelp(c *cobra.Command) string {
	flags, left := shownFlags(c)
	rest := helpEnd(c, flags, left)
	about := reflow(c.Long)
	if about == "" || lines(about)+lines(rest)+1 > helpLines {
		about = c.Short + "."
	}
	return strings.TrimSpace(about) + "\n\n" + rest
}

func helpEnd(c *cobra.Command, flags []*pflag.Flag, left int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n", usageLine(c))
	if c.Example != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimRight(c.Example, "\n"))
	}
	b.WriteString(commandList(c))
	if len(flags) > 0 {
		b.WriteString("\nFlags:\n")
		width := 0
		for _, f := range flags {
			width = max(width, len(flagName(f)))
		}
		for _, f := range flags {
			fmt.Fprintf(&b, "%s\n", runewidth.Truncate(fmt.Sprintf("  %-*s  %s", width, flagName(f), firstWords(f)), helpWidth, "…"))
		}
	}
	if left > 0 || c.Annotations[more] != "" {
		fmt.Fprintf(&b, "\nEverything else: %s --help-all\n", c.CommandPath())
	}
	return b.String()
}

func usageLine(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		return c.CommandPath() + " COMMAND"
	}
	return c.UseLine()
}

func commandList(c *cobra.Command) string {
	if !c.HasAvailableSubCommands() {
		return ""
	}
	var b strings.Builder
	b.WriteString("\nCommands:\n")
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintf(&b, "%s\n", runewidth.Truncate(fmt.Sprintf("  %-*s %s", c.NamePadding(), sub.Name(), sub.Short), helpWidth, "…"))
		}
	}
	return b.String()
}

// shownFlags picks the flags that help shows, and counts the others.
func shownFlags(c *cobra.Command) (shown []*pflag.Flag, left int) {
	order, chosen := foremost()[c.Name()]
	if c.HasAvailableSubCommands() {
		return nil, 0
	}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Hidden || f.Name == "help" || f.Name == "help-all":
		case chosen && !slices.Contains(order, f.Name):
			left++
		default:
			shown = append(shown, f)
		}
	})
	if chosen {
		slices.SortFunc(shown, func(a, b *pflag.Flag) int {
			return cmp.Compare(slices.Index(order, a.Name), slices.Index(order, b.Name))
		})
	}
	return shown, left
}

func flagName(f *pflag.Flag) string {
	value, _ := pflag.UnquoteUsage(f)
	return strings.TrimSpace("--" + f.Name + " " + value)
}

// firstWords is a flag's usage up to its first list or aside, and its default.
func firstWords(f *pflag.Flag) string {
	_, usage := pflag.UnquoteUsage(f)
	for _, end := range []string{" (", "; ", ": all"} {
		usage, _, _ = strings.Cut(usage, end)
	}
	if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
		usage += " (" + f.DefValue + ")"
	}
	return usage
}

// longText is all that is to be said about a command, its lists included.
func longText(c *cobra.Command) string {
	text := reflow(cmp.Or(c.Long, c.Short))
	if list := moreText(c); list != "" {
		text += "\n\n" + strings.TrimSpace(list)
	}
	return text
}

// longHelp leaves nothing out.
func longHelp(c *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", longText(c))
	fmt.Fprintf(&b, "\nUsage: %s\n", usageLine(c))
	if c.Example != "" {
		fmt.Fprintf(&b, "\n%s\n", c.Example)
	}
	b.WriteString(commandList(c))
	if flags := c.LocalFlags(); flags.HasAvailableFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", flags.FlagUsagesWrapped(helpWidth))
	}
	return b.String()
}

// reflow breaks paragraphs anew at the width of the screen; indented lines and lists stay.
func reflow(text string) string {
	var out []string
	line := ""
	for _, l := range append(strings.Split(strings.TrimSpace(text), "\n"), "") {
		if l != "" && !strings.HasPrefix(l, " ") {
			for _, w := range strings.Fields(l) {
				if line != "" && runewidth.StringWidth(line+" "+w) > helpWidth {
					out, line = append(out, line), ""
				}
				line = strings.TrimSpace(line + " " + w)
			}
			continue
		}
		if line != "" {
			out, line = append(out, line), ""
		}
		out = append(out, l)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

func lines(s string) int { return strings.Count(strings.TrimSpace(s), "\n") + 1 }
