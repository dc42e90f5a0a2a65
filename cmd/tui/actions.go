package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// does carries out what changes something outside of the screen.
func (m *Model) does(msg tea.KeyMsg) tea.Cmd {
	switch {
	case key.Matches(msg, m.keys.Quit):
		return m.quit()
	case key.Matches(msg, m.keys.Copy):
		m.copyCommand()
	case key.Matches(msg, m.keys.Save):
		return m.save()
	case key.Matches(msg, m.keys.Release):
		m.release()
	case key.Matches(msg, m.keys.Again):
		return m.start(Order{Action: Again})
	case key.Matches(msg, m.keys.Duplicate):
		return m.experiment(Duplicate)
	case key.Matches(msg, m.keys.Race):
		return m.experiment(Race)
	case key.Matches(msg, m.keys.Hold):
		return m.experiment(Hold)
	}
	return nil
}

// quit stops a run first: it leaves when what was sent is answered and judged. Asked once more it leaves at once, and the
// command goes on waiting.
func (m *Model) quit() tea.Cmd {
	if m.ended || m.leaving {
		return tea.Quit
	}
	m.leaving, m.stopping = true, true
	m.notice = "nothing more is sent; waiting for what was sent, then judging it (q: leave at once)"
	m.run.Stop("stopped on the screen")
	if m.held() {
		m.release()
	}
	return nil
}

func (m *Model) copyCommand() {
	command := m.state.report.Command
	if r := m.table.selected(); r != nil {
		command = m.state.stories.Of(r.event.Key).Reproduce
		if len(r.findings) > 0 {
			command = m.state.report.Findings[r.findings[0]].Reproduce
		}
	}
	switch {
	case command == "":
		m.notice = "the journal does not say how the run was started"
	case m.o.Copy == nil:
		m.notice = "there is no clipboard here"
	default:
		m.o.Copy(command)
		m.notice = "sent to the clipboard: " + command // whether the terminal takes it, it does not tell
	}
}

func (m *Model) save() tea.Cmd {
	if m.live() {
		m.notice = "the run goes on: its report can be saved when it is over"
		return nil
	}
	res, r := m.state.result, m.state.report
	return func() tea.Msg {
		path, err := m.o.Save(res, r)
		return savedMsg{path, err}
	}
}

// experiment starts a run of its own with the fixture of the selected event. What was found before keeps its evidence: it is
// set aside, and nothing is added to it.
func (m *Model) experiment(a Action) tea.Cmd {
	r := m.table.selected()
	if r == nil {
		m.notice = "choose an event first"
		return nil
	}
	return m.start(Order{a, r.event.Key})
}

func (m *Model) start(o Order) tea.Cmd {
	switch {
	case m.o.Start == nil:
		m.notice = "recorded: nothing can be sent; hookonce run or demo starts it again"
		return nil
	case m.live():
		m.notice = "a run goes on: experiments begin when it is judged"
		return nil
	}
	kept := m.before
	if o.Action != Again && kept == nil {
		kept = &shelf{m.run, m.state, m.table}
	}
	if o.Action == Again {
		kept = nil
	}
	m.before = kept
	m.table.filter = ""
	m.input.SetValue("")
	m.zoomed = false
	m.begin(m.o.Start(o))
	return m.follow()
}

func (m *Model) release() {
	if !m.live() || m.run.Release == nil || m.released {
		m.notice = "nothing is held back: h holds copies of an event"
		return
	}
	m.released = true
	m.run.Release()
}
