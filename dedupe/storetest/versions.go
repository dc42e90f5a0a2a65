package storetest

import (
	"time"

	"hookonce/dedupe"
)

// versions are the rules of order within a subject.
func versions() []contract {
	return []contract{
		{"an older event is stale for good", func(b *bench) {
			b.done("s", "new", "10")
			c := b.claimOf("s", "old", "A")
			c.Version = "9"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Stale, Version: "10"})
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Stale, Version: "10"}) // sent again
			c.Token = "B"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Stale, Version: "10"})
			b.wantComplete(b.completionOf("s", "old", "A", "9"), dedupe.CompletedLost)
			b.wantRelease("s", "old", "A", false)
		}},
		{"versions are compared as numbers of any size", func(b *bench) {
			grow := []string{"0", "9", "10", "9007199254740992", "9007199254740993", "9223372036854775808",
				"18446744073709551615", "99999999999999999999"}
			for i, v := range grow {
				b.done("s", "e"+v, v)
				b.wantState("s", &dedupe.State{Version: v, Event: "e" + v, Data: "data of e" + v})
				if i > 0 {
					old := b.claimOf("s", "late"+v, "A")
					old.Version = grow[i-1]
					b.wantClaim(old, dedupe.Answer{Kind: dedupe.Stale, Version: v})
				}
			}
		}},
		{"leading zeros mean nothing", func(b *bench) {
			b.done("s", "e", "0000000000000000000000000042")
			b.wantState("s", &dedupe.State{Version: "42", Event: "e", Data: "data of e"})
			c := b.claimOf("s", "f", "A")
			c.Version = "042"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Tie, Version: "42", Tied: "e"})
		}},
		{"claiming does not advance the version", func(b *bench) {
			c := b.claimOf("s", "new", "A")
			c.Version = "10"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantState("s", nil)
			b.wantRelease("s", "new", "A", true)
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 2})
		}},
		{"a worker overtaken while it ran is done without writing, and says so again", func(b *bench) {
			old := b.claimOf("s", "old", "A")
			old.Version = "9"
			b.wantClaim(old, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.done("s", "new", "10")
			b.wantComplete(b.completionOf("s", "old", "A", "9"), dedupe.CompletedStale)
			b.wantComplete(b.completionOf("s", "old", "A", "9"), dedupe.CompletedStale)
			b.wantState("s", &dedupe.State{Version: "10", Event: "new", Data: "data of new"})
			b.wantClaim(b.claimOf("s", "old", "B"), dedupe.Answer{Kind: dedupe.Done, Result: "result of old"})
		}},
		{"a crashed older event is stale, not taken over", func(b *bench) {
			old := b.claimOf("s", "old", "A")
			old.Version = "9"
			b.wantClaim(old, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.done("s", "new", "10")
			b.advance(lease)
			old.Token = "B"
			b.wantClaim(old, dedupe.Answer{Kind: dedupe.Stale, Version: "10"})
			b.wantComplete(b.completionOf("s", "old", "A", "9"), dedupe.CompletedLost)
		}},
		{"a tombstone outlives the subject", func(b *bench) {
			c := b.claimOf("s", "deleted", "A")
			c.Version = "10"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			done := b.completionOf("s", "deleted", "A", "10")
			done.Tombstone = true
			b.wantComplete(done, dedupe.CompletedOK)
			b.wantState("s", &dedupe.State{Version: "10", Event: "deleted", Data: "data of deleted", Tombstone: true})
			late := b.claimOf("s", "late", "A")
			late.Version = "9"
			b.wantClaim(late, dedupe.Answer{Kind: dedupe.Stale, Version: "10"})
			b.done("s", "again", "11")
			b.wantState("s", &dedupe.State{Version: "11", Event: "again", Data: "data of again"})
		}},
		{"subjects and sources do not mix", func(b *bench) {
			b.done("s", "e", "10")
			b.done("t", "e", "5")
			b.done("", "e", "")
			other := b.claimOf("s", "e", "A")
			other.Source, other.Version = b.source+"2", "4"
			b.wantClaim(other, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantState("t", &dedupe.State{Version: "5", Event: "e", Data: "data of e"})
		}},
		{"a forgotten event does not tie with the version it set", func(b *bench) {
			b.done("s", "earlier", "6") // keeps the subject for the whole retention
			c := b.claimOf("s", "e", "A")
			c.Version, c.Retention = "7", time.Hour
			done := b.completionOf("s", "e", "A", "7")
			done.Retention = time.Hour
			for range 2 {
				b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
				b.wantComplete(done, dedupe.CompletedOK)
				b.advance(time.Hour)
			}
			b.wantState("s", &dedupe.State{Version: "7", Event: "e", Data: "data of e"})
		}},
	}
}
