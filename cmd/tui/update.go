package tui

import (
	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
)

// Update takes what happened.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height, m.stale = msg.Width, msg.Height, true
	case tea.KeyMsg:
		m.stale = true
		return m, m.key(msg)
	case tea.MouseMsg:
		m.mouse(msg)
	case leaveMsg:
		m.stale = true
		return m, m.quit()
	case savedMsg:
		m.stale = true
		m.notice = "saved " + msg.path
		if msg.err != nil {
			m.notice = "not saved: " + msg.err.Error()
		}
	default:
		return m, m.follows(msg)
	}
	return m, nil
}

// follows takes what a run tells. What comes from a run that is not on the screen any more is dropped.
func (m *Model) follows(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case recordsMsg:
		if msg.run == m.run {
			m.take(msg.records)
		}
		return listen(msg.run)
	case judgedMsg:
		if msg.run == m.run && m.live() {
			m.judging, m.judgeAt = false, m.now().Add(max(judgeEvery, judgeShare*msg.j.took))
			m.ended = msg.j.final
			m.show(msg.j)
		}
	case endMsg:
		if msg.run == m.run {
			return m.end(msg.res)
		}
	case tickMsg:
		if m.live() {
			m.stale = true
			return tea.Batch(tick(), m.judgeSoon())
		}
	}
	return nil
}

func (m *Model) key(msg tea.KeyMsg) tea.Cmd {
	if n := len(msg.Runes); msg.Type == tea.KeyRunes && n > 1 && !msg.Paste {
		return m.each(msg.Runes)
	}
	if m.typing && msg.String() != "ctrl+c" {
		m.typed(msg)
		return nil
	}
	m.notice = ""
	if m.help && !key.Matches(msg, m.keys.Quit) {
		m.help = false
		return nil
	}
	if m.moves(msg) || m.turns(msg) {
		return nil
	}
	return m.does(msg)
}

// each takes keys that were read at once, as they come over a slow connection, one after another.
func (m *Model) each(runes []rune) tea.Cmd {
	var cmds []tea.Cmd
	for _, r := range runes {
		cmds = append(cmds, m.key(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}}))
	}
	return tea.Batch(cmds...)
}

// typed edits the filter.
func (m *Model) typed(msg tea.KeyMsg) {
	switch msg.Type {
	case tea.KeyEnter, tea.KeyUp, tea.KeyDown, tea.KeyTab:
		m.typing = false
	case tea.KeyEsc:
		m.typing = false
		m.input.SetValue("")
	default:
		m.input, _ = m.input.Update(msg)
	}
	if m.table.filter != m.input.Value() {
		m.table.filter, m.table.moved = m.input.Value(), false
		m.table.load(m.state)
	}
	m.scroll = 0
}

// moves moves the cursor, or scrolls where the lower half has the whole screen.
func (m *Model) moves(msg tea.KeyMsg) bool {
	page := max(1, m.layout.rows-1)
	move := m.choose
	if m.zoomed {
		page, move = max(1, m.layout.pane-1), m.scrollBy
	}
	const far = 1 << 30
	switch {
	case key.Matches(msg, m.keys.Up):
		move(-1)
	case key.Matches(msg, m.keys.Down):
		move(1)
	case key.Matches(msg, m.keys.PageUp):
		move(-page)
	case key.Matches(msg, m.keys.PageDown):
		move(page)
	case key.Matches(msg, m.keys.Home):
		move(-far)
	case key.Matches(msg, m.keys.End):
		move(far)
	case key.Matches(msg, m.keys.PaneUp):
		m.scrollBy(-1)
	case key.Matches(msg, m.keys.PaneDown):
		m.scrollBy(1)
	default:
		return false
	}
	return true
}

func (m *Model) choose(by int) {
	m.table.move(by)
	m.scroll = 0
}

func (m *Model) scrollBy(by int) {
	m.scroll = max(0, min(m.scroll+by, m.layout.content-m.layout.pane))
}

// turns chooses what is shown.
func (m *Model) turns(msg tea.KeyMsg) bool {
	const views = int(overallView) + 1
	switch {
	case key.Matches(msg, m.keys.NextTab):
		m.turn(view((int(m.view) + 1) % views))
	case key.Matches(msg, m.keys.PrevTab):
		m.turn(view((int(m.view) + views - 1) % views))
	case key.Matches(msg, m.keys.Pick):
		m.turn(view(msg.String()[0] - '1'))
	case key.Matches(msg, m.keys.Open):
		m.zoomed, m.scroll = !m.zoomed, 0
	case key.Matches(msg, m.keys.Back):
		m.back()
	case key.Matches(msg, m.keys.Help):
		m.help = true
	case key.Matches(msg, m.keys.Filter):
		m.typing, m.zoomed = true, false
		m.input.Focus()
	case key.Matches(msg, m.keys.Sort):
		m.table.order = (m.table.order + 1) % len(orders())
		m.table.load(m.state)
	default:
		return false
	}
	return true
}

func (m *Model) turn(v view) { m.view, m.scroll = v, 0 }

// back undoes one thing: the whole-screen view, the filter, the experiment.
func (m *Model) back() {
	switch {
	case m.zoomed:
		m.zoomed, m.scroll = false, 0
	case m.table.filter != "":
		m.input.SetValue("")
		m.table.filter, m.table.moved = "", true
		m.table.load(m.state)
	case m.before != nil && m.ended:
		m.run, m.state, m.table, m.before = m.before.run, m.before.state, m.before.table, nil
		m.scroll = 0
	}
}
