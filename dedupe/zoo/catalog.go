package zoo

import "hookonce/dedupe/reference"

// Entry is one handler of the zoo.
type Entry struct {
	// Name is what serve and demo call it.
	Name string
	// Flaw is its one flaw, in a sentence; for a correct handler, why it is right.
	Flaw string
	// Expect is the code of the finding it must cause; empty for a correct handler.
	Expect string
	// Also lists codes, of warnings too, that the same flaw may cause as well.
	Also    []string
	Handler reference.Handler
	// unverified hands every delivery to the handler, whose business signatures are.
	unverified bool
}

// Correct says that the handler must never be flagged.
func (e Entry) Correct() bool { return e.Expect == "" }

// Handlers lists the zoo.
func Handlers() []Entry {
	all := entries()
	for i := range all {
		if !all[i].unverified {
			all[i].Handler = reference.Verified(all[i].Handler)
		}
	}
	return all
}

func entries() []Entry {
	return []Entry{
		{Name: "none", Expect: "double-processing", Handler: None,
			Also: []string{"window-too-short"},
			Flaw: "It has no deduplication: each delivery charges."},
		{Name: "check-then-act", Expect: "double-processing", Handler: CheckThenAct,
			Flaw: "It looks for the mark, works, and sets the mark: two deliveries can both look before either sets it."},
		{Name: "article", Expect: "lost-event", Handler: reference.Article,
			Also: []string{"double-processing", "window-too-short", "regress", "resurrect", "stale-final", "premature-ack", "replay-differs"},
			Flaw: "A duplicate is told 200 while the first may still fail; the lock's 60 s are all it remembers; " +
				"the version is not compared and set in one step."},
		{Name: "busy-200", Expect: "lost-event", Handler: Busy200, Also: []string{"premature-ack", "replay-differs"},
			Flaw: "A duplicate of an event that is being worked on is answered 200, and the work may still fail."},
		{Name: "swallow", Expect: "lost-event", Handler: Swallow, Also: []string{"stale-final"},
			Flaw: "The work's error is logged, and the event is marked done and acknowledged."},
		{Name: "no-version", Expect: "regress", Handler: NoVersion, Also: []string{"resurrect", "stale-final"},
			Flaw: "The last write wins: an older event that comes late overwrites a newer state."},
		{Name: "hardened", Handler: reference.Hardened,
			Flaw: "A lock with an owner, a renewed lease and a remembered result; a keyed charge; a compared and set state."},
	}
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
