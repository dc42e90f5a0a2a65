package cmd

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"hookonce/chaos"
	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
	"hookonce/replay/dispatch"
	"hookonce/replay/provider"
)

// completeFlags lets shells complete the values of flags, in every command that has them.
func completeFlags(root *cobra.Command) error {
	completions := map[string]cobra.CompletionFunc{
		"faults":    listOf(faultWords),
		"checks":    listOf(audit.Codes),
		"provider":  wordsOf(provider.Names),
		"effects":   prefixOf("http://", "https://", "exec:", "listen:", "log:", "postgres://", "mysql://", "sqlite:", "redis://"),
		"redis":     oneOf("embedded", "model", "redis://"),
		"reference": oneOf("hardened", "article"),
		"tui":       oneOf("auto", "never", "always"),
		"transport": wordsOf(dispatch.Transports),
		"github":    oneOf("auto", "never"),
	}
	for _, c := range root.Commands() {
		for name, f := range completions {
			if c.Flags().Lookup(name) == nil {
				continue
			}
			if err := c.RegisterFlagCompletionFunc(name, f); err != nil {
				return err
			}
		}
		if f := c.Flags().Lookup("out"); f != nil && f.Value.Type() == "stringArray" {
			if err := c.RegisterFlagCompletionFunc("out", wordsOf(report.Names)); err != nil {
				return err
			}
		}
	}
	return nil
}

func faultWords() []string {
	faults := append([]string{"all"}, chaos.Names()...)
	for _, f := range chaos.Names() {
		faults = append(faults, "-"+f)
	}
	return faults
}

// wordsOf completes words that are only listed once somebody asks.
func wordsOf(words func() []string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words(), cobra.ShellCompDirectiveNoFileComp
	}
}

func oneOf(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}

// prefixOf completes beginnings, after which more is to be typed.
func prefixOf(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace)
}

// listOf completes the last word of a list with commas by what is not in it yet.
func listOf(words func() []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		have := strings.Split(before, ",")
		var out []string
		for _, w := range words() {
			if !slices.Contains(have, w) {
				out = append(out, before+w)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
}
