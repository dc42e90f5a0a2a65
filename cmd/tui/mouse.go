package tui

import tea "github.com/charmbracelet/bubbletea"

// wheel is how many rows a step of the wheel moves.
const wheel = 3

// mouse chooses rows and views, and scrolls what it points at.
func (m *Model) mouse(msg tea.MouseMsg) {
	if m.help || msg.Action != tea.MouseActionPress {
		return
	}
	m.stale = true
	inTable := !m.zoomed && msg.Y < m.layout.tabs
	switch msg.Button {
	case tea.MouseButtonWheelUp, tea.MouseButtonWheelDown:
		by := wheel
		if msg.Button == tea.MouseButtonWheelUp {
			by = -wheel
		}
		if inTable {
			m.choose(by)
		} else {
			m.scrollBy(by)
		}
	case tea.MouseButtonLeft:
		m.click(msg.X, msg.Y, inTable)
	}
}

func (m *Model) click(x, y int, inTable bool) {
	if y == m.layout.tabs {
		for i, s := range m.layout.spots {
			if x >= s.from && x < s.to {
				m.turn(view(i))
			}
		}
		return
	}
	n := m.table.top + y - m.layout.table
	if inTable && y >= m.layout.table && n < len(m.table.rows) {
		m.choose(n - m.table.cursor)
	}
}
