package storetest

import (
	"time"

	"hookonce/dedupe"
)

// claims are the rules of who may work, and when.
func claims() []contract {
	return []contract{
		{"an unknown event is claimed", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
		}},
		{"a live lease is busy for what is left of it", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(10 * time.Second)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Busy, Busy: 20 * time.Second})
			b.advance(20*time.Second - time.Millisecond)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Busy, Busy: time.Millisecond})
		}},
		{"a lease that is over is taken over with the next fence", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(lease)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Takeover, Fence: 2})
			b.advance(lease)
			b.wantClaim(b.claimOf("", "e", "C"), dedupe.Answer{Kind: dedupe.Takeover, Fence: 3})
		}},
		{"a claim sent again repeats kind and fence and renews the lease", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(20 * time.Second)
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(20 * time.Second)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Busy, Busy: 10 * time.Second})
			b.advance(10 * time.Second)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Takeover, Fence: 2})
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Takeover, Fence: 2})
		}},
		{"renewing extends the lease", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(25 * time.Second)
			b.wantRenew("", "e", "A", true)
			b.advance(25 * time.Second)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Busy, Busy: 5 * time.Second})
			b.wantRenew("", "e", "B", false)
		}},
		{"a lease that is over can be renewed as long as nobody took over", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(2 * lease)
			b.wantRenew("", "e", "A", true)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Busy, Busy: lease})
		}},
		{"who was taken over can do nothing", func(b *bench) {
			b.wantClaim(b.claimOf("s", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(lease)
			b.wantClaim(b.claimOf("s", "e", "B"), dedupe.Answer{Kind: dedupe.Takeover, Fence: 2})
			b.wantRenew("s", "e", "A", false)
			b.wantRelease("s", "e", "A", false)
			b.wantComplete(b.completionOf("s", "e", "A", "7"), dedupe.CompletedLost)
			b.wantState("s", nil)
			b.wantClaim(b.claimOf("s", "e", "C"), dedupe.Answer{Kind: dedupe.Busy, Busy: lease})
			b.wantComplete(b.completionOf("s", "e", "B", "7"), dedupe.CompletedOK)
		}},
		{"a released event is claimed at once with the next fence", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantRelease("", "e", "A", true)
			b.wantRelease("", "e", "A", true)
			b.wantRenew("", "e", "A", false)
			b.wantComplete(b.completionOf("", "e", "A", ""), dedupe.CompletedLost)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 2})
			b.wantRelease("", "e", "A", false)
		}},
		{"nobody else's claim can be released", func(b *bench) {
			b.wantRelease("", "e", "A", false)
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantRelease("", "e", "B", false)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Busy, Busy: lease})
		}},
		{"another payload under the same key is a mismatch in every state", mismatches},
		{"an unknown fingerprint matches and is learnt", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantRelease("", "e", "A", true)
			c := b.claimOf("", "e", "B")
			c.Fingerprint = "one"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 2})
			c.Fingerprint = "two"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Mismatch})
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 2})
		}},
		{"an event is forgotten after its retention and not before", func(b *bench) {
			b.done("", "e", "")
			b.advance(retention - time.Millisecond)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Done, Result: "result of e"})
			b.advance(time.Millisecond)
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
		}},
		{"a forgotten event is nobody's", func(b *bench) {
			c := b.claimOf("s", "e", "A")
			c.Fingerprint = "one"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(retention)
			b.wantRenew("s", "e", "A", false)
			b.wantRelease("s", "e", "A", false)
			b.wantComplete(b.completionOf("s", "e", "A", "1"), dedupe.CompletedLost)
			c.Fingerprint = "two"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
		}},
		{"the moment can be given with the call", func(b *bench) {
			at := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
			c := b.claimOf("", "e", "A")
			c.Now = at
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			c.Now, c.Token = at.Add(time.Second), "B"
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Busy, Busy: 29 * time.Second})
			c.Now = at.Add(lease)
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Takeover, Fence: 2})
		}},
	}
}

func mismatches(b *bench) {
	first, other := b.claimOf("s", "e", "A"), b.claimOf("s", "e", "B")
	first.Fingerprint, other.Fingerprint = "one", "two"
	b.wantClaim(first, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
	b.wantClaim(other, dedupe.Answer{Kind: dedupe.Mismatch})
	b.advance(lease)
	b.wantClaim(other, dedupe.Answer{Kind: dedupe.Mismatch})
	b.wantRelease("s", "e", "A", true)
	b.wantClaim(other, dedupe.Answer{Kind: dedupe.Mismatch})
	b.wantClaim(first, dedupe.Answer{Kind: dedupe.Claimed, Fence: 2})
	b.wantComplete(b.completionOf("s", "e", "A", ""), dedupe.CompletedOK)
	b.wantClaim(other, dedupe.Answer{Kind: dedupe.Mismatch})
	first.Token = "C"
	b.wantClaim(first, dedupe.Answer{Kind: dedupe.Done, Result: "result of e"})

	b.done("s", "newer", "9")
	old := b.claimOf("s", "old", "A")
	old.Version, old.Fingerprint = "8", "one"
	b.wantClaim(old, dedupe.Answer{Kind: dedupe.Stale, Version: "9"})
	old.Fingerprint = "two"
	b.wantClaim(old, dedupe.Answer{Kind: dedupe.Mismatch})
}
