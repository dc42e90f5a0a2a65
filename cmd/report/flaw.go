package report

import (
	"fmt"
	"slices"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
	"hookonce/replay/redact"
)

// Flaw is why a finding came about, as the endpoint's commands to its Redis show it.
type Flaw struct {
	// Name is the flaw's; empty where the commands do not show why, as Text then says.
	Name     string    `json:"name,omitempty"`
	Text     string    `json:"text"`
	Commands []Command `json:"commands"`
}

// Command is one of them. Its moments are since the run's base.
type Command struct {
	At      Micros `json:"at_us"`
	Conn    int    `json:"conn"`
	Replica string `json:"replica,omitempty"`
	Text    string `json:"text"`
	// Reply is empty where none came.
	Reply string `json:"reply,omitempty"`
	Fault string `json:"fault,omitempty"`
}

func newFlaw(f *audit.Flaw) *Flaw {
	if f == nil {
		return nil
	}
	return &Flaw{Name: f.Name, Text: f.Text, Commands: each(f.Commands, func(c replay.Command) Command {
		return Command{Micros(c.At), c.Conn, c.Replica, c.Text(), c.Reply, c.Fault}
	})}
}

// Because says why the finding came about; empty where no commands were written down.
func (f Finding) Because() string {
	if f.Evidence.Flaw == nil {
		return ""
	}
	return redact.Screen(f.Evidence.Flaw.Text, 600)
}

// CommandLines are the commands that show it, one a line, with the time since the first attempt.
func (f Finding) CommandLines() []string {
	if f.Evidence.Flaw == nil {
		return nil
	}
	var from Micros
	if a := f.Evidence.Attempts; len(a) > 0 {
		from = slices.MinFunc(a, func(x, y Attempt) int { return int(x.Start - y.Start) }).Start
	}
	return each(f.Evidence.Flaw.Commands, func(c Command) string {
		reply := c.Reply
		switch {
		case c.Fault != "" && reply != "":
			reply += " (" + c.Fault + ")"
		case c.Fault != "":
			reply = "(" + c.Fault + ")"
		case reply == "":
			reply = "(no reply)"
		}
		since := time.Duration(c.At - from)
		return redact.Screen(fmt.Sprintf("%+.1f ms  %s → %s", float64(since)/float64(time.Millisecond), c.Text, reply), 220)
	})
}
