package report

import (
	"fmt"
	"io"
	"strings"
)

// Format writes a report. It returns the writer's errors and, apart from those, none.
type Format func(io.Writer, Report) error

// Style is how the text format draws. Its zero value is plain Unicode text of 80 columns;
// nothing is ever detected here, the caller knows its terminal.
type Style struct {
	// Colour allows the 16 basic ANSI colours.
	Colour bool
	// ASCII keeps every byte written below 0x80.
	ASCII bool
	// Width is the width of details in columns, from 60 to 100; 0 means 80. What stands
	// before the details is never wider than 80.
	Width int
	// PerGroup is how many findings of one code and cause get a block of their own; 0 means 3,
	// a negative number all.
	PerGroup int
}

// Named is a format under the name --out knows it by.
type Named struct {
	Name string
	// Extension is what a file of the format is usually called by, with its dot.
	Extension string
	// With returns the format drawn in a style. Only text has one, the others ignore it.
	With func(Style) Format
}

// Formats lists the formats, in the order in which help texts name them.
func Formats() []Named {
	return []Named{
		{"text", ".txt", Text},
		{"json", ".json", plain(JSON)},
		{"junit", ".xml", plain(JUnit)},
		{"markdown", ".md", plain(Markdown)},
		{"html", ".html", plain(HTML)},
		{"github", ".github.txt", plain(GitHub)},
	}
}

// Names lists the formats' names.
func Names() []string { return each(Formats(), func(f Named) string { return f.Name }) }

func plain(f Format) func(Style) Format { return func(Style) Format { return f } }

// Lookup finds a format by name. The error of an unknown one lists those there are.
func Lookup(name string, s Style) (Format, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f.With(s), nil
		}
	}
	return nil, fmt.Errorf("format %s: unknown, use one of %s", quoteASCII(name), strings.Join(Names(), ", "))
}

func quoteASCII(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "..."
	}
	return fmt.Sprintf("%+q", s)
}
