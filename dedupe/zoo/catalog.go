package zoo

import (
	"context"
	"slices"

	"hookonce/dedupe/reference"
)

// Entry is one handler of the zoo.
type Entry struct {
	// Name is what serve and demo call it.
	Name string
	// Flaw is its one flaw, in a sentence; for a correct handler, why it is right.
	Flaw string
	// Expect lists the codes of the findings it must cause; empty for a correct handler.
	Expect []string
	// Also lists codes, of warnings and hints too, that the same flaw may cause as well.
	Also []string
	// Plain says that the default plan exposes it, with work that fails once for half of the events.
	Plain bool
	// Scenario names the smallest provocation that must expose it.
	Scenario string
	// Seen names reports of the same flaw in the open.
	Seen    []string
	Handler reference.Handler
	// Start is what each of its processes does when it starts; nil for nothing.
	Start func(context.Context, *reference.World)
	// Resends says that it uses a driver which sends a command again whose answer was lost.
	Resends bool
	// unverified hands every delivery to the handler, whose business signatures are.
	unverified bool
}

// Correct says that the handler must never be flagged.
func (e Entry) Correct() bool { return len(e.Expect) == 0 }

// Handlers lists the zoo: the flawed handlers, then the correct ones.
func Handlers() []Entry {
	all := slices.Concat(flawed(), correct())
	for i := range all {
		if !all[i].unverified {
			all[i].Handler = reference.Verified(all[i].Handler)
		}
	}
	return all
}

// Find returns the handler of that name; false where there is none.
func Find(name string) (Entry, bool) {
	for _, e := range Handlers() {
		if e.Name == name {
			return e, true
		}
	}
	return Entry{}, false
}

// Names lists the handlers' names in the zoo's order.
func Names() []string {
	var names []string
	for _, e := range Handlers() {
		names = append(names, e.Name)
	}
	return names
}
