package tui

import (
	"time"

	"github.com/charmbracelet/bubbles/textinput"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	"hookonce/cmd/report"
	"hookonce/replay"
)

// view is what the lower half shows.
type view int

const (
	storyView view = iota
	messagesView
	compareView
	chartsView
	overallView
)

// Model is the screen. It is used by one goroutine, Bubble Tea's.
type Model struct {
	o    Options
	keys keyMap
	ink  palette
	now  func() time.Time

	width, height int

	run      *Run // that goes on or went on; nil for a recorded one
	ended    bool
	stopping bool
	leaving  bool // once the run has ended
	released bool
	journal  replay.Journal // as far as it is recorded
	tally    tally
	state    *judged
	judging  bool
	judgeAt  time.Time
	before   *shelf // the run an experiment is set aside for

	table  table
	view   view
	zoomed bool
	scroll int
	help   bool
	input  textinput.Model
	typing bool
	notice string

	layout layout
	frame  string
	stale  bool
}

// shelf is what comes back when an experiment is left.
type shelf struct {
	run   *Run
	state *judged
	table table
}

// New makes the screen. The renderer says what its terminal can do.
func New(o Options, r *lipgloss.Renderer, now func() time.Time) *Model {
	m := &Model{o: o, keys: newKeys(), ink: newPalette(r), now: now, width: 80, height: 24, stale: true}
	m.input = textinput.New()
	m.input.Prompt = ""
	m.input.CharLimit = 200
	if o.Recorded != nil {
		m.ended = true
		m.show(judge(*o.Recorded, true, 0))
		return m
	}
	m.begin(o.Run)
	return m
}

// begin makes the screen follow a run.
func (m *Model) begin(r *Run) {
	m.run, m.ended, m.stopping, m.released = r, false, false, false
	m.journal, m.tally = replay.Journal{}, newTally()
	m.table = table{order: m.table.order, filter: m.table.filter}
	m.scroll, m.judging = 0, false
	m.show(judge(Result{}, false, m.table.order))
}

// show takes what was judged.
func (m *Model) show(j *judged) {
	m.state, m.stale = j, true
	m.table.load(j)
}

// live says that a run goes on.
func (m *Model) live() bool { return !m.ended }

// held says that deliveries are held back by hand.
func (m *Model) held() bool {
	return m.live() && m.run.Release != nil && !m.released && m.tally.phase == replay.PhaseControl && m.tally.sent > 0
}

// drawEvery is how often a run that goes on is drawn anew.
const drawEvery = 100 * time.Millisecond

type (
	tickMsg    time.Time
	recordsMsg struct {
		run     *Run
		records []replay.Record
		more    bool
	}
	judgedMsg struct {
		run *Run
		j   *judged
	}
	endMsg struct {
		run *Run
		res Result
	}
	// leaveMsg is a signal that asks the process to end.
	leaveMsg struct{}
	savedMsg struct {
		path string
		err  error
	}
)

// Init starts to listen.
func (m *Model) Init() tea.Cmd {
	if m.live() {
		return m.follow()
	}
	return nil
}

func (m *Model) follow() tea.Cmd { return tea.Batch(listen(m.run), tick()) }

func tick() tea.Cmd { return tea.Tick(drawEvery, func(t time.Time) tea.Msg { return tickMsg(t) }) }

// listen waits for the next records of a run, or for its end.
func listen(r *Run) tea.Cmd {
	return func() tea.Msg {
		if records, more := <-r.Records; more {
			return recordsMsg{r, records, true}
		}
		return endMsg{r, <-r.End}
	}
}

// The screen judges again at most this often, and spends at most a tenth of the time with it.
const (
	judgeEvery = 200 * time.Millisecond
	judgeShare = 10
)

// judgeSoon has the records so far judged, beside the drawing.
func (m *Model) judgeSoon() tea.Cmd {
	if m.judging || m.ended || m.now().Before(m.judgeAt) || len(m.journal.Target.Attempts) == 0 {
		return nil
	}
	m.judging = true
	run, res, order := m.run, Result{Journal: m.journal}, m.table.order
	return func() tea.Msg { return judgedMsg{run, judge(res, false, order)} }
}

// take stores records. It draws nothing: the ticker does.
func (m *Model) take(records []replay.Record) {
	for _, r := range records {
		// What a record cannot be added for is told by the journal's reader; the screen shows the rest.
		_ = m.journal.Add(r)
		m.tally.add(r)
	}
}

// end has the whole run laid out, beside the drawing. A screen that is to be left does not wait for that.
func (m *Model) end(res Result) tea.Cmd {
	if m.leaving {
		m.ended = true
		return tea.Quit
	}
	run, order := m.run, m.table.order
	if res.Err != nil {
		res.Journal = m.journal
	}
	res.Journal.Bodies = m.journal.Bodies
	m.judging = true
	return func() tea.Msg { return judgedMsg{run, judge(res, true, order)} }
}

// content is the lower half as lines.
func (m *Model) content(width int) []report.Line {
	switch m.view {
	case chartsView:
		return m.charts(width)
	case overallView:
		return m.overall(width)
	}
	r := m.table.selected()
	if r == nil {
		return m.nothing()
	}
	switch m.view {
	case messagesView:
		return m.messages(r, width)
	case compareView:
		return m.compare(r, width)
	}
	return m.story(r, width)
}

// nothing says why no event is shown.
func (m *Model) nothing() []report.Line {
	switch {
	case m.table.filter != "":
		return []report.Line{text("No event matches “"+visible(m.table.filter, 100)+"”. esc takes the filter away.", report.InkDim)}
	case m.state.result.Err != nil:
		return []report.Line{text("Nothing was judged, so there is nothing to show.", report.InkDim)}
	case m.live():
		return []report.Line{text("Events appear here as they are sent.", report.InkDim)}
	}
	return []report.Line{text("This run has no event.", report.InkDim)}
}
