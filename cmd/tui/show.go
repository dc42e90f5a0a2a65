package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aymanbagabas/go-osc52/v2"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
)

// terminal is the screen's output. The clipboard is written to it between two frames.
type terminal struct {
	*os.File
	mu sync.Mutex
}

func (t *terminal) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.File.Write(b)
}

// Show opens the screen on a terminal and returns when it was left. When ctx ends it stops what runs, and leaves when
// that is judged. A run that still goes on afterwards has its records drained.
func Show(ctx context.Context, o Options, in io.Reader, out *os.File, getenv func(string) string) error {
	screen := &terminal{File: out}
	o.Copy = func(s string) { _, _ = io.WriteString(screen, clipboard(s, getenv)) }
	m := New(o, lipgloss.NewRenderer(out), time.Now)
	p := tea.NewProgram(m, tea.WithInput(in), tea.WithOutput(screen), tea.WithAltScreen(), tea.WithMouseCellMotion(),
		tea.WithoutSignalHandler(), tea.WithFPS(framesPerSecond))
	stop := context.AfterFunc(ctx, func() { p.Send(leaveMsg{}) })
	defer stop()
	_, err := p.Run()
	if m.live() && m.run != nil {
		m.run.Stop("stopped on the screen")
		if m.run.Release != nil && !m.released {
			m.run.Release()
		}
		go drain(m.run)
	}
	if err != nil && !errors.Is(err, tea.ErrProgramKilled) {
		return fmt.Errorf("the screen could not be shown: %w (--tui never does without)", err)
	}
	return nil
}

// framesPerSecond is as much as an eye needs and a slow connection bears.
const framesPerSecond = 30

func drain(r *Run) {
	for range r.Records {
	}
}

// clipboard is what puts text on the clipboard of the terminal's own machine, over ssh as well. Of tmux nobody knows from within whether it
// takes what is meant for it (set-clipboard on) or passes on what is wrapped (allow-passthrough on), so it is told both.
func clipboard(s string, getenv func(string) string) string {
	seq := osc52.New(s)
	switch {
	case getenv("TMUX") != "":
		return seq.String() + seq.Tmux().String()
	case strings.HasPrefix(getenv("TERM"), "screen"):
		return seq.Screen().String()
	}
	return seq.String()
}
