package zoo

import "hookonce/dedupe/reference"

// correct lists the handlers that must never be flagged, whatever happens to them.
func correct() []Entry {
	return []Entry{
		{Name: "hardened", Handler: reference.Hardened,
			Flaw: "A lock with an owner, a renewed lease and a remembered result; a keyed charge; a compared and set state."},
		{Name: "hold-replay", Handler: HoldReplay,
			Flaw: "Hardened for a provider that never comes back: a duplicate waits for the result."},
		{Name: "complete-state", Handler: CompleteState,
			Flaw: "The state is written in the step that marks the event as done."},
		{Name: "tx-log", Handler: TxLog,
			Flaw: "The charge, in a log, and the event's marker are one SQL transaction."},
		{Name: "tx-state", Handler: TxState,
			Flaw: "The new balance and the event's marker are one SQL transaction."},
		{Name: "redis-fast-path", Handler: RedisFastPath,
			Flaw: "Redis answers quickly, and the database decides."},
		{Name: "inbox", Handler: Inbox, Start: EmptyInbox,
			Flaw: "A durable inbox: written down, answered 202, worked on later, in one transaction with its mark."},
		{Name: "keyed-upsert", Handler: KeyedUpsert,
			Flaw: "Everything is done again, and changes nothing: each write is keyed by the event."},
		{Name: "version-cas", Handler: VersionCAS,
			Flaw: "A keyed charge, and a state that is compared and set in one statement."},
		{Name: "refetch", Handler: Refetch,
			Flaw: "The event is only a hint: the subject is fetched as it is now."},
	}
}
