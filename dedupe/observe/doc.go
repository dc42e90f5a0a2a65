// Package observe says what an endpoint did: it reads effect sources and turns
// what they show into effects.
//
// A source is named by a spec, as --effects takes it:
//
//	http://HOST/PATH, https://...   GET; answers as JSON (below)
//	exec:CMD, exec+state:CMD        a command run by the shell; prints JSON or lines (below)
//	listen:ADDR?OPTIONS             a sink which the endpoint calls as its downstream API
//	log:FILE#REGEXP                 a file that is followed; one effect per match
//
// # JSON
//
// One of: a list; an object whose "processed" is a list, or with exactly one list
// (or with several of which some are called effects, states, processed or subjects); an object of counts,
// {"evt_1": 1}; a single item; or items one a line (JSON Lines). An item is
//
//   - a string or a number: one effect under that id;
//   - {"event_id" | "id" | "event" | "key", "count"?, "effect" | "name"?}: as many effects as count says,
//     one where it says nothing. Of several id fields the first that the plan knows is taken, else the first in this order;
//   - {"subject", "version"?, "versions"?, "deleted"?}: a state. "versions" lists all that were
//     committed, in order, as versions or {"version", "deleted"?}; "version" is then the present one and may be left out.
//
// An item with a subject and a version is a state, and also a count if it has a "count". Items of
// the same id add up. An id that is null or empty counts, but for no event. Numbers keep their digits: they never go through a float.
//
// An HTTP source that answers nothing at all (unless as JSON Lines), or an object of error, code, status and message alone, could not be
// read: that is no reading in which everything is gone.
//
// # Lines
//
// Columns are separated by tabs, else by |, else by commas (with CSV quotes), else by blanks:
//
//	id [count [effect]]             a count; without the second column, one effect a line
//	state subject version [deleted] a state: the first column is the word state
//	subject version [deleted]       a state, with exec+state: only
//
// # What it makes of them
//
// A source that is read as a whole is polled, and the differences between readings
// become effects: a count that grew, a version that changed. A count that fell or vanished (the source was
// reset) becomes a negative one; a subject that vanished becomes a tombstone with the last version seen.
//
// The package never judges, never writes to a source, never follows a redirect to
// another host, and never shows a password or a URL's user information in a label or an error.
package observe
