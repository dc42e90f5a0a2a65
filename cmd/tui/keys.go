package tui

import (
	"github.com/charmbracelet/bubbles/key"
)

// keyMap is every key the screen knows. The help is made from it.
type keyMap struct {
	Up, Down, PageUp, PageDown, Home, End key.Binding
	Open, Back, NextTab, PrevTab, Pick    key.Binding
	PaneUp, PaneDown                      key.Binding
	Filter, Sort, Copy, Save              key.Binding
	Again, Duplicate, Race, Hold, Release key.Binding
	Help, Quit                            key.Binding
}

func newKeys() keyMap {
	bind := func(keys []string, name, what string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(name, what))
	}
	return keyMap{
		Up:        bind([]string{"up", "k"}, "↑ k", "the event above"),
		Down:      bind([]string{"down", "j"}, "↓ j", "the event below"),
		PageUp:    bind([]string{"pgup", "ctrl+b", "ctrl+u"}, "pgup ^u", "a page up"),
		PageDown:  bind([]string{"pgdown", "ctrl+f", "ctrl+d"}, "pgdn ^d", "a page down"),
		Home:      bind([]string{"home"}, "home", "the first"),
		End:       bind([]string{"end", "G"}, "end G", "the last"),
		Open:      bind([]string{"enter"}, "enter", "the lower half on the whole screen"),
		Back:      bind([]string{"esc"}, "esc", "back, or take the filter away"),
		NextTab:   bind([]string{"tab", "right", "l"}, "tab →", "the next view of the event"),
		PrevTab:   bind([]string{"shift+tab", "left"}, "⇧tab ←", "the view before"),
		Pick:      bind([]string{"1", "2", "3", "4", "5"}, "1…5", "that view"),
		PaneUp:    bind([]string{"K", "shift+up"}, "⇧↑ K", "scroll the lower half up"),
		PaneDown:  bind([]string{"J", "shift+down"}, "⇧↓ J", "scroll the lower half down"),
		Filter:    bind([]string{"/"}, "/", "filter by code, type, subject or text"),
		Sort:      bind([]string{"o"}, "o", "another order"),
		Copy:      bind([]string{"c", "y"}, "c", "copy the reproduce command"),
		Save:      bind([]string{"s"}, "s", "save the report"),
		Again:     bind([]string{"r"}, "r", "run again, with the next seed"),
		Duplicate: bind([]string{"d"}, "d", "deliver this kind of event twice, now"),
		Race:      bind([]string{"g"}, "g", "race copies of it, now"),
		Hold:      bind([]string{"h"}, "h", "hold copies of it back …"),
		Release:   bind([]string{"u"}, "u", "… and release them"),
		Help:      bind([]string{"?"}, "?", "this help"),
		Quit:      bind([]string{"q", "ctrl+c"}, "q", "stop what runs and leave; the journal is kept"),
	}
}

// helpGroup is a block of the help.
type helpGroup struct {
	title string
	keys  []key.Binding
}

func (k keyMap) groups() []helpGroup {
	return []helpGroup{
		{"Look around", []key.Binding{k.Up, k.Down, k.PageUp, k.PageDown, k.Home, k.End, k.Open, k.Back, k.NextTab, k.PrevTab, k.Pick, k.PaneUp, k.PaneDown}},
		{"Find and keep", []key.Binding{k.Filter, k.Sort, k.Copy, k.Save, k.Help, k.Quit}},
		{"Experiment by hand", []key.Binding{k.Again, k.Duplicate, k.Race, k.Hold, k.Release}},
	}
}
