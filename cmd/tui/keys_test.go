package tui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"
	"go.uber.org/goleak"

	"hookonce/cmd/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestViewsAndBack(t *testing.T) {
	m := recorded(t, 80, 24)
	for i, name := range []string{"Messages", "Reference", "Charts", "Run", "Story"} {
		press(m, "tab")
		if want := "[" + string('1'+rune((i+1)%5)) + " " + name + "]"; !strings.Contains(m.View(), want) {
			t.Errorf("tab %d does not show %s", i+1, want)
		}
	}
	press(m, "shift+tab")
	if m.view != overallView {
		t.Errorf("shift+tab shows view %d", m.view)
	}
	press(m, "1", "enter")
	if strings.Contains(m.View(), "newest trouble") {
		t.Error("enter leaves the table on the screen")
	}
	press(m, "esc")
	if !strings.Contains(m.View(), "newest trouble") {
		t.Error("esc does not bring the table back")
	}
}

func TestMoving(t *testing.T) {
	m := recorded(t, 80, 24)
	first := m.table.selected().event.Key
	last := m.table.rows[len(m.table.rows)-1].event.Key
	for _, x := range []struct {
		keys []string
		want string
	}{
		{[]string{"j"}, m.table.rows[1].event.Key}, {[]string{"k", "up"}, first}, {[]string{"G"}, last}, {[]string{"down"}, last},
		{[]string{"home"}, first}, {[]string{"pgdown", "pgup"}, first}, {[]string{"end"}, last},
	} {
		press(m, x.keys...)
		if got := m.table.selected().event.Key; got != x.want {
			t.Errorf("after %v the cursor is on %s, want %s", x.keys, got, x.want)
		}
		if !strings.Contains(lineWith(t, m.View(), "▌"), m.table.selected().event.Type[:4]) {
			t.Errorf("after %v the row is not on the screen", x.keys)
		}
	}
}

func TestFilterByCodeTypeSubjectAndText(t *testing.T) {
	m := recorded(t, 80, 24)
	subject := m.table.rows[0].event.Subject
	for _, x := range []struct {
		typed string
		has   func(*row) bool
	}{
		{"lost-event", func(r *row) bool { return r.verdict == "lost-event" }},
		{"invoice.paid", func(r *row) bool { return r.event.Type == "invoice.paid" }},
		{subject, func(r *row) bool { return r.event.Subject == subject }},
		{"CHARGE lost", func(r *row) bool { return r.event.Type == "charge.succeeded" && r.verdict == "lost-event" }},
		{"71 hours later", func(r *row) bool { return len(r.findings) > 1 }},
	} {
		press(m, "/")
		for _, r := range x.typed {
			press(m, string(r))
		}
		press(m, "enter")
		if len(m.table.rows) == 0 || slices.ContainsFunc(m.table.rows, func(r *row) bool { return !x.has(r) }) {
			t.Errorf("%q leaves %d rows, not all of them right", x.typed, len(m.table.rows))
		}
		press(m, "esc")
		if len(m.table.rows) != len(m.state.rows) {
			t.Errorf("esc does not take the filter away")
		}
	}
}

// Keys that arrive in one piece are keys all the same.
func TestKeysReadAtOnce(t *testing.T) {
	m := recorded(t, 80, 24)
	press(m, "/lost")
	if m.table.filter != "lost" || !m.typing {
		t.Errorf("the filter is %q", m.table.filter)
	}
}

func TestSorting(t *testing.T) {
	m := recorded(t, 80, 24)
	for range orders() {
		press(m, "o")
		if !slices.IsSortedFunc(m.table.rows, orders()[m.table.order].less) {
			t.Errorf("not sorted by %s", orders()[m.table.order].name)
		}
	}
}

// tmux may take what it is told itself, or pass on what is wrapped for the terminal around it.
func TestClipboard(t *testing.T) {
	const plain, wrapped = "\x1b]52;c;aGk=\x07", "\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"
	for _, c := range []struct{ name, value, want string }{
		{"TERM", "xterm-256color", plain}, {"TMUX", "socket,1,0", plain + wrapped}, {"TERM", "screen.xterm", "\x1bP\x1b]52;c;aGk=\x07\x1b\\"},
	} {
		if got := clipboard("hi", func(name string) string {
			if name == c.name {
				return c.value
			}
			return ""
		}); got != c.want {
			t.Errorf("%s=%s: %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestCopyAndSave(t *testing.T) {
	m := recorded(t, 80, 24)
	copied := ""
	m.o.Copy = func(s string) { copied = s }
	press(m, "c")
	if want := m.state.report.Findings[m.table.selected().findings[0]].Reproduce; copied != want {
		t.Errorf("copied %q, want %q", copied, want)
	}
	m.o.Save = func(Result, report.Report) (string, error) { return "", errors.New("the disk is full") }
	m.Update(press(m, "s")())
	if !strings.Contains(m.View(), "not saved: the disk is full") {
		t.Error("a report that was not saved is not told")
	}
}

// An experiment is a run of its own, beside which the run before is kept as it was.
func TestExperiments(t *testing.T) {
	m := recorded(t, 80, 24)
	press(m, "d")
	if !strings.Contains(m.View(), "hookonce run or demo starts it again") {
		t.Error("a recorded run takes an experiment")
	}
	var asked []Order
	run, records, end := runOf("experiment, duplicates of invoice.paid")
	m.o.Start = func(o Order) *Run { asked = append(asked, o); return run }
	key := m.table.selected().event.Key
	press(m, "1")
	before := m.View()
	press(m, "d")
	if want := (Order{Duplicate, key}); len(asked) != 1 || asked[0] != want {
		t.Fatalf("asked for %v, want %v", asked, want)
	}
	press(m, "g", "h", "r")
	if len(asked) != 1 {
		t.Error("a second run began while one goes on")
	}
	close(records)
	end <- Result{}
	res := judgedSample(t)
	finish(m, res)
	if !strings.Contains(m.View(), "experiment, duplicates of invoice.paid: ") {
		t.Errorf("the experiment does not say what it is:\n%s", m.View())
	}
	press(m, "esc")
	if got := m.View(); got != before {
		t.Errorf("esc does not bring the run back:\n%s", got)
	}
}

func TestHoldAndRelease(t *testing.T) {
	m := liveAt(t, 80, 24, "experiment", 15)
	released := 0
	m.run.Release = func() { released++ }
	m.stale = true
	if !strings.Contains(m.View(), "u release") {
		t.Error("the foot does not say how to release")
	}
	press(m, "u", "u")
	if released != 1 {
		t.Errorf("released %d times", released)
	}
}

// Leaving a run that goes on stops it and waits for what was sent; asked twice it waits no longer.
func TestQuitting(t *testing.T) {
	m := liveAt(t, 80, 24, "", 20)
	stopped := ""
	m.run.Stop = func(why string) { stopped = why }
	if cmd := press(m, "q"); cmd != nil || stopped == "" || !strings.Contains(m.View(), "STOPPING") {
		t.Errorf("q: command %v, stopped %q:\n%s", cmd != nil, stopped, m.View())
	}
	if cmd := press(m, "ctrl+c"); !quits(cmd) {
		t.Error("asked twice it does not leave")
	}
	if _, cmd := m.Update(endMsg{m.run, judgedSample(t)}); !quits(cmd) {
		t.Error("it does not leave when the run is judged")
	}
	if !quits(press(recorded(t, 80, 24), "q")) {
		t.Error("q does not leave a recorded run")
	}
}

func quits(cmd tea.Cmd) bool {
	if cmd == nil {
		return false
	}
	_, ok := cmd().(tea.QuitMsg)
	return ok
}

func TestMouse(t *testing.T) {
	m := recorded(t, 80, 24)
	click := func(x, y int) { m.Update(tea.MouseMsg{X: x, Y: y, Button: tea.MouseButtonLeft}); m.View() }
	click(5, m.layout.table+2)
	if m.table.cursor != 2 {
		t.Errorf("a click on the third row chooses row %d", m.table.cursor)
	}
	click(m.layout.spots[3].from+1, m.layout.tabs)
	if m.view != chartsView {
		t.Errorf("a click on Charts shows view %d", m.view)
	}
	m.Update(tea.MouseMsg{X: 5, Y: 22, Button: tea.MouseButtonWheelDown})
	if m.View(); m.scroll == 0 {
		t.Error("the wheel does not scroll the lower half")
	}
	m.Update(tea.MouseMsg{X: 5, Y: m.layout.table, Button: tea.MouseButtonWheelDown})
	if m.table.cursor != 2+wheel {
		t.Errorf("the wheel over the table moves to row %d", m.table.cursor)
	}
}

// A run that goes on keeps the chosen event under the cursor while rows come and go above it.
func TestChosenEventStays(t *testing.T) {
	m := liveAt(t, 80, 24, "", 100)
	press(m, "j", "j")
	key := m.table.selected().event.Key
	res := judgedSample(t)
	finish(m, res)
	if got := m.table.selected().event.Key; got != key {
		t.Errorf("the cursor went from %s to %s", key, got)
	}
}

// Records reach the model over the channel, and the end after them.
func TestListening(t *testing.T) {
	run, records, end := runOf("")
	res := judgedSample(t)
	go func() {
		records <- recordsOf(res.Journal, 3)
		close(records)
		end <- res
	}()
	m := screen(Options{Run: run}, 80, 24)
	first := listen(run)().(recordsMsg)
	m.Update(first)
	if m.tally.sent != 3 {
		t.Errorf("%d attempts came", m.tally.sent)
	}
	if _, ok := listen(run)().(endMsg); !ok {
		t.Error("the end did not come")
	}
}
