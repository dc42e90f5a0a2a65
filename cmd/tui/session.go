package tui

import (
	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// Run is a run that goes on, as the screen sees it.
type Run struct {
	// Title says what it is where it is an experiment of its own; empty for the run itself.
	Title string
	// Records are what the journal holds, in batches, in its order. The channel is closed when nothing more comes.
	Records <-chan []replay.Record
	// End yields one result, after Records is closed.
	End <-chan Result
	// Stop ends sending: what was sent is waited for and judged.
	Stop func(why string)
	// Release lets deliveries go that are held back by hand; nil where none are.
	Release func()
}

// Result is a run that is over, or one that was recorded earlier.
type Result struct {
	Journal replay.Journal
	Verdict audit.Verdict
	// Path is where the journal is kept.
	Path string
	// Err says why the run could not be carried out; then there is nothing else.
	Err error
}

// Action is what may be asked of the command that opened the screen.
type Action int

// The actions. All but Again are experiments with the fixture of one event.
const (
	Again     Action = iota // the whole run, with another seed
	Duplicate               // deliver the event, and then its duplicates
	Race                    // deliver copies of it that race
	Hold                    // plan both, and hold them back until they are released by hand
)

// Order asks for a run. Event is the key of the event an experiment is about.
type Order struct {
	Action Action
	Event  string
}

// Options are what the screen works with. Exactly one of Run and Recorded is set.
type Options struct {
	Run      *Run
	Recorded *Result
	// Start begins another run; nil where nothing can be sent. It must return at once.
	Start func(Order) *Run
	// Save writes the report of a result and says where.
	Save func(Result, report.Report) (string, error)
	// Copy puts text on the clipboard; nil where there is none.
	Copy func(string)
}
