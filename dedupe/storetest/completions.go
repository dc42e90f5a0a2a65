package storetest

import (
	"strings"
	"time"

	"hookonce/dedupe"
)

// completions are the rules of what is recorded.
func completions() []contract {
	return []contract{
		{"a done event answers its result", func(b *bench) {
			b.done("", "e", "")
			b.wantClaim(b.claimOf("", "e", "B"), dedupe.Answer{Kind: dedupe.Done, Result: "result of e"})
			b.wantRenew("", "e", "token of e", false)
			b.wantRelease("", "e", "token of e", false)
		}},
		{"a result is never read as an answer", func(b *bench) {
			for _, result := range []string{"", "STALE", "stale", "done", "busy", "0"} {
				event := "e" + result
				b.wantClaim(b.claimOf("", event, "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
				c := b.completionOf("", event, "A", "")
				c.Result = result
				b.wantComplete(c, dedupe.CompletedOK)
				b.wantClaim(b.claimOf("", event, "B"), dedupe.Answer{Kind: dedupe.Done, Result: result})
			}
		}},
		{"a completion sent again repeats ok and keeps the first result", func(b *bench) {
			b.done("s", "e", "7")
			again := b.completionOf("s", "e", "token of e", "7")
			again.Result, again.Data = "other", "other"
			b.wantComplete(again, dedupe.CompletedOK)
			b.wantClaim(b.claimOf("s", "e", "B"), dedupe.Answer{Kind: dedupe.Done, Result: "result of e"})
			b.wantState("s", &dedupe.State{Version: "7", Event: "e", Data: "data of e"})
		}},
		{"only the owner completes", func(b *bench) {
			b.wantComplete(b.completionOf("s", "e", "A", "7"), dedupe.CompletedLost)
			b.wantClaim(b.claimOf("s", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantComplete(b.completionOf("s", "e", "B", "7"), dedupe.CompletedLost)
			b.wantState("s", nil)
			b.wantComplete(b.completionOf("s", "e", "A", "7"), dedupe.CompletedOK)
			b.wantComplete(b.completionOf("s", "e", "B", "8"), dedupe.CompletedLost)
			b.wantState("s", &dedupe.State{Version: "7", Event: "e", Data: "data of e"})
		}},
		{"a lease that is over still completes as long as nobody took over", func(b *bench) {
			b.wantClaim(b.claimOf("", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.advance(2 * lease)
			b.wantComplete(b.completionOf("", "e", "A", ""), dedupe.CompletedOK)
		}},
		{"without a version no state is written", func(b *bench) {
			b.done("s", "e", "")
			b.wantState("s", nil)
			b.wantState("", nil)
		}},
		{"a subject is forgotten after its retention and not before", func(b *bench) {
			b.done("s", "e", "7")
			b.advance(retention - time.Millisecond)
			b.wantState("s", &dedupe.State{Version: "7", Event: "e", Data: "data of e"})
			b.advance(time.Millisecond)
			b.wantState("s", nil)
			old := b.claimOf("s", "old", "A")
			old.Version = "6"
			b.wantClaim(old, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantComplete(b.completionOf("s", "old", "A", "6"), dedupe.CompletedOK)
			b.wantState("s", &dedupe.State{Version: "6", Event: "old", Data: "data of old"})
		}},
		{"a shorter retention never shortens the subject's", func(b *bench) {
			b.done("s", "e", "7")
			c := b.claimOf("s", "f", "A")
			c.Retention = time.Hour
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			done := b.completionOf("s", "f", "A", "8")
			done.Retention = time.Hour
			b.wantComplete(done, dedupe.CompletedOK)
			b.advance(retention - time.Millisecond)
			b.wantState("s", &dedupe.State{Version: "8", Event: "f", Data: "data of f"})
			b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1}) // the event's own hour is over
		}},
		{"the largest result and data fit", func(b *bench) {
			c := b.completionOf("s", "e", "A", "1")
			c.Result, c.Data = strings.Repeat("r", dedupe.MaxResult), strings.Repeat("d", dedupe.MaxData)
			b.wantClaim(b.claimOf("s", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			b.wantComplete(c, dedupe.CompletedOK)
			b.wantClaim(b.claimOf("s", "e", "B"), dedupe.Answer{Kind: dedupe.Done, Result: c.Result})
			b.wantState("s", &dedupe.State{Version: "1", Event: "e", Data: c.Data})
		}},
	}
}
