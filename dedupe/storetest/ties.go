package storetest

import "hookonce/dedupe"

// ties are the rules for two events of one subject with equal versions.
func ties() []contract {
	return []contract{
		{"an equal version of another event is a tie and changes nothing", func(b *bench) {
			b.done("s", "first", "10")
			c := b.claimOf("s", "second", "A")
			c.Version = "10"
			tie := dedupe.Answer{Kind: dedupe.Tie, Version: "10", Tied: "first"}
			b.wantClaim(c, tie)
			b.wantClaim(c, tie)
			c.Version = ""
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
		}},
		{"a tie that is allowed names whom it may overwrite, also when sent again", func(b *bench) {
			c := b.tied()
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1, Tied: "first"})
			over := b.completionOf("s", "second", "A", "10")
			over.Over = "first"
			b.wantComplete(over, dedupe.CompletedOK)
			b.wantComplete(over, dedupe.CompletedOK)
			b.wantState("s", &dedupe.State{Version: "10", Event: "second", Data: "data of second"})
		}},
		{"a tie at completion leaves the event held", func(b *bench) {
			c := b.claimOf("s", "second", "A")
			c.Version = "10"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.done("s", "first", "10")
			b.wantComplete(b.completionOf("s", "second", "A", "10"), dedupe.CompletedTie)
			b.wantComplete(b.completionOf("s", "second", "A", "10"), dedupe.CompletedTie)
			b.wantState("s", &dedupe.State{Version: "10", Event: "first", Data: "data of first"})
			b.wantClaim(b.claimOf("s", "second", "B"), dedupe.Answer{Kind: dedupe.Busy, Busy: lease})
			b.wantComplete(b.completionOf("s", "second", "A", ""), dedupe.CompletedOK)
			b.wantState("s", &dedupe.State{Version: "10", Event: "first", Data: "data of first"})
		}},
		{"a tie at completion can be released", func(b *bench) {
			c := b.claimOf("s", "second", "A")
			c.Version = "10"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.done("s", "first", "10")
			b.wantComplete(b.completionOf("s", "second", "A", "10"), dedupe.CompletedTie)
			b.wantRelease("s", "second", "A", true)
			c.AllowTie = true
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 2, Tied: "first"})
		}},
		{"only the named event is overwritten", func(b *bench) {
			b.tied()
			third := b.claimOf("s", "third", "T")
			third.Version, third.AllowTie = "10", true
			b.wantClaim(third, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1, Tied: "first"})
			done := b.completionOf("s", "third", "T", "10")
			done.Over = "first"
			b.wantComplete(done, dedupe.CompletedOK)
			over := b.completionOf("s", "second", "A", "10")
			over.Over = "first"
			b.wantComplete(over, dedupe.CompletedTie)
			over.Over = "third"
			b.wantComplete(over, dedupe.CompletedOK)
		}},
		{"over does not help an older version", func(b *bench) {
			b.tied()
			b.done("s", "newest", "11")
			over := b.completionOf("s", "second", "A", "10")
			over.Over = "newest"
			b.wantComplete(over, dedupe.CompletedStale)
			b.wantState("s", &dedupe.State{Version: "11", Event: "newest", Data: "data of newest"})
		}},
		{"nothing comes after a deletion at the same version", func(b *bench) {
			c := b.claimOf("s", "deleted", "A")
			c.Version = "10"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			done := b.completionOf("s", "deleted", "A", "10")
			done.Tombstone = true
			b.wantComplete(done, dedupe.CompletedOK)
			late := b.claimOf("s", "late", "A")
			late.Version = "10"
			b.wantClaim(late, dedupe.Answer{Kind: dedupe.Tie, Version: "10", Tied: "deleted"})
			late.AllowTie = true
			b.wantClaim(late, dedupe.Answer{Kind: dedupe.Stale, Version: "10"})
			b.wantClaim(late, dedupe.Answer{Kind: dedupe.Stale, Version: "10"})
		}},
	}
}

// tied completes "first" at version 10 and claims "second", also at version 10.
func (b *bench) tied() dedupe.Claim {
	b.Helper()
	b.done("s", "first", "10")
	c := b.claimOf("s", "second", "A")
	c.Version, c.AllowTie = "10", true
	b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1, Tied: "first"})
	return c
}
