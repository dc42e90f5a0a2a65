package cmd

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
)

// Streams are where a command reads and writes: results to Out, progress and
// log to Err.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer
	// OutTTY and ErrTTY say that somebody may be looking.
	OutTTY, ErrTTY bool
	// Getenv reads the environment.
	Getenv func(string) string
}

// SystemStreams are the process's own.
func SystemStreams() *Streams {
	return &Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		OutTTY: isatty.IsTerminal(os.Stdout.Fd()), ErrTTY: isatty.IsTerminal(os.Stderr.Fd()),
		Getenv: os.Getenv,
	}
}

// plain says that neither colour nor movement is wanted.
func (s *Streams) plain() bool {
	return s.Getenv("NO_COLOR") != "" || s.Getenv("CI") != "" || s.Getenv("TERM") == "dumb"
}

// Colour says whether results may be coloured.
func (s *Streams) Colour() bool { return s.OutTTY && !s.plain() }

// Lively says whether progress may redraw its line.
func (s *Streams) Lively() bool {
	return s.ErrTTY && s.Getenv("CI") == "" && s.Getenv("TERM") != "dumb"
}
