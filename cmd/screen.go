package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"hookonce/cmd/report"
	"hookonce/cmd/tui"
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func addTUI(c *cobra.Command, mode *string, usage string) {
	c.Flags().StringVar(mode, "tui", "auto", "interactive screen: never, always, or "+usage)
}

// wantsScreen decides about the screen. auto opens it where somebody looks at stdout and can type, and stdout was not
// given to a report.
func wantsScreen(s *Streams, mode string, stdoutTaken bool) (bool, error) {
	in, inOK := s.In.(*os.File)
	_, outOK := s.Out.(*os.File)
	able := outOK && s.OutTTY && inOK && isatty.IsTerminal(in.Fd())
	switch mode {
	case "never":
		return false, nil
	case "always":
		if !able {
			return false, usagef("--tui always: standard input and output must be a terminal; leave it out, or give --tui never")
		}
		if stdoutTaken {
			return false, usagef("--tui always: a report cannot go to the same terminal; give it a file, as in --out json=hookonce.json")
		}
		return true, nil
	case "auto":
		return able && !stdoutTaken && s.Getenv("CI") == "" && s.Getenv("TERM") != "dumb" && s.Getenv("TERM") != "", nil
	}
	return false, usagef("--tui %s: give auto, never or always", safe(mode))
}

// toStdout says that a report was asked for on stdout.
func toStdout(specs []string) bool {
	for _, s := range specs {
		if !strings.Contains(s, "=") {
			return true
		}
	}
	return false
}

// perform makes a run ready, carries it out, on the screen where there is one, and reports.
func perform(ctx context.Context, s *Streams, o ConductOptions, outs []output, show *progress, prepare func(variation) (*conduct, error)) error {
	screen, err := wantsScreen(s, o.TUI, toStdout(o.Out))
	if err != nil {
		return err
	}
	st := &stage{ctx: ctx, s: s, o: o, outs: outs, show: show, prepare: prepare}
	c, err := st.ready(variation{})
	if err != nil {
		return err
	}
	if !screen {
		return c.run(ctx)
	}
	return st.open(c)
}

// stage carries out the runs that are asked for on the screen, one after another.
type stage struct {
	ctx     context.Context
	s       *Streams
	o       ConductOptions
	outs    []output
	show    *progress
	prepare func(variation) (*conduct, error)

	running sync.WaitGroup
	mu      sync.Mutex
	seed    uint64
	events  map[string]*replay.Event // of every run, by key
	last    *conduct                 // the last whole run
	done    finished
	err     error // why it could not be carried out
}

// ready prepares a run.
func (st *stage) ready(v variation) (*conduct, error) {
	c, err := st.prepare(v)
	if err != nil {
		return nil, err
	}
	c.s, c.o, c.outs, c.show = st.s, st.o, st.outs, st.show
	if v != (variation{}) && c.o.Journal != "" {
		ext := filepath.Ext(c.o.Journal)
		c.o.Journal = fmt.Sprintf("%s-seed%d%s", strings.TrimSuffix(c.o.Journal, ext), c.p.plan.Seed, ext)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.seed = max(st.seed, c.p.plan.Seed)
	if st.events == nil {
		st.events = map[string]*replay.Event{}
	}
	for key, e := range c.p.plan.EventByKey() {
		st.events[key] = e
	}
	return c, nil
}

// open shows the screen until it is left, and reports the last whole run as one without a screen is reported.
func (st *stage) open(first *conduct) error {
	begun := make(chan error, 1)
	run := st.start(variation{}, func() (*conduct, error) { return first, nil }, begun)
	// A mistake in usage, or a target that is not there, is told without a screen.
	if err := <-begun; err != nil {
		drainRun(run)
		return err
	}
	ctx, stop := signal.NotifyContext(st.ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := tui.Show(ctx, tui.Options{Run: run, Start: st.order, Save: saveReport}, st.s.In, st.s.Out.(*os.File), st.s.Getenv)
	stop()
	st.running.Wait()
	st.show.LetGo()
	switch {
	case err != nil:
		return err
	case st.err != nil:
		return st.err
	}
	return st.last.conclude(st.done)
}

func drainRun(r *tui.Run) {
	for range r.Records {
	}
}

// order starts what the screen asks for.
func (st *stage) order(o tui.Order) *tui.Run {
	st.mu.Lock()
	v := vary(o, st.seed+1, st.events)
	st.mu.Unlock()
	return st.start(v, func() (*conduct, error) { return st.ready(v) }, make(chan error, 1))
}

// start carries a run out beside the screen. begun hears when it begins to send, or why it does not.
func (st *stage) start(v variation, ready func() (*conduct, error), begun chan<- error) *tui.Run {
	stop := newStopper(st.ctx, st.o.MaxDuration, st.show.Say)
	feed := newFeed()
	end := make(chan tui.Result, 1)
	run := &tui.Run{Title: v.title, Records: feed.out, End: end, Stop: stop.Stop}
	var hold chan struct{}
	if v.hold {
		hold = make(chan struct{})
		run.Release = sync.OnceFunc(func() { close(hold) })
	}
	st.running.Go(func() {
		c, err := ready()
		var f finished
		if err == nil {
			c.hold, c.tap, c.begun = hold, feed.Put, begun
			f, err = c.carryOut(stop)
		} else {
			stop.Close()
		}
		if err != nil {
			begun <- err
		}
		res := tui.Result{Journal: f.journal, Verdict: f.verdict, Err: err}
		if err == nil {
			res.Path = c.rec.path
		}
		if v.whole() {
			st.finish(c, f, err)
		}
		feed.Close()
		end <- res
	})
	return run
}

// finish keeps the last whole run, the first one whatever became of it.
func (st *stage) finish(c *conduct, f finished, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.last != nil && (err != nil || c.stop.Why() != "") {
		return // a repetition that was not carried out to its end changes nothing
	}
	st.last, st.done, st.err = c, f, err
}

// saveReport writes the report next to the journal.
func saveReport(res tui.Result, r report.Report) (string, error) {
	format := report.Formats()[0]
	for _, f := range report.Formats() {
		if f.Name == "html" {
			format = f
		}
	}
	path := strings.TrimSuffix(res.Path, filepath.Ext(res.Path)) + format.Extension
	out := output{format.Name, format.With(report.Style{PerGroup: -1, Width: 100}), path}
	return path, out.write(nil, r)
}

// openRecorded shows a recorded run.
func openRecorded(ctx context.Context, s *Streams, path string, j replay.Journal) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	return tui.Show(ctx, tui.Options{Recorded: &tui.Result{Journal: j, Verdict: audit.Judge(j.Target, j.Reference), Path: path}, Save: saveReport},
		s.In, s.Out.(*os.File), s.Getenv)
}
