package storetest

import (
	"context"
	"errors"
	"strings"
	"time"

	"hookonce/dedupe"
)

// hostiles are the rules for what comes from outside.
func hostiles() []contract {
	return []contract{
		{"any bytes make a name, and no two names meet", func(b *bench) {
			names := []string{"}{", "{", "}", "{}", ":e:", ":o", "s|e", "s", "e", "a:b", "\x00", "\x00\x00", "\xff\xfe", "é", "e\u0301",
				"日本", " ", "\r\n", "*", "#" + strings.Repeat("0", 64), strings.Repeat("x", 64), strings.Repeat("x", 65),
				strings.Repeat("x", dedupe.MaxName)}
			for _, subject := range append(names, "") {
				for _, event := range names {
					b.wantClaim(b.claimOf(subject, event, "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
				}
			}
			for i, subject := range names {
				version := strings.Repeat("7", i%20+1)
				b.wantComplete(b.completionOf(subject, "}{", "A", version), dedupe.CompletedOK)
			}
			for i, subject := range names {
				b.wantState(subject, &dedupe.State{Version: strings.Repeat("7", i%20+1), Event: "}{", Data: "data of }{"})
			}
		}},
		{"source and subject do not run into each other", func(b *bench) {
			for _, pair := range [][2]string{{"a|b", "c"}, {"a", "b|c"}, {"a|", "b|c"}, {"1:a", "b"}, {"1", ":ab"}, {"", "1:ab"}} {
				c := b.claimOf(pair[1], "e", "A")
				c.Source = b.source + pair[0]
				b.wantClaim(c, dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			}
		}},
		{"bytes come back as they went in", func(b *bench) {
			all := make([]byte, 256)
			for i := range all {
				all[i] = byte(i)
			}
			text := string(all) + "\r\n$-1\r\n"
			b.wantClaim(b.claimOf(text, text, text), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
			c := b.completionOf(text, text, text, "1")
			c.Result, c.Data = text, text
			b.wantComplete(c, dedupe.CompletedOK)
			b.wantClaim(b.claimOf(text, text, "B"), dedupe.Answer{Kind: dedupe.Done, Result: text})
			b.wantState(text, &dedupe.State{Version: "1", Event: text, Data: text})
		}},
		{"an invalid call is refused before anything happens", invalids},
	}
}

func invalids(b *bench) {
	long := strings.Repeat("x", dedupe.MaxName+1)
	for _, change := range []func(*dedupe.Claim){
		func(c *dedupe.Claim) { c.Event = "" },
		func(c *dedupe.Claim) { c.Event = long },
		func(c *dedupe.Claim) { c.Source = long },
		func(c *dedupe.Claim) { c.Subject = long },
		func(c *dedupe.Claim) { c.Token = "" },
		func(c *dedupe.Claim) { c.Token = long },
		func(c *dedupe.Claim) { c.Fingerprint = long },
		func(c *dedupe.Claim) { c.Lease = 0 },
		func(c *dedupe.Claim) { c.Lease = time.Microsecond },
		func(c *dedupe.Claim) { c.Retention = c.Lease - 1 },
		func(c *dedupe.Claim) { c.Version = "-1" },
		func(c *dedupe.Claim) { c.Version = "1e3" },
		func(c *dedupe.Claim) { c.Version = "1.0" },
		func(c *dedupe.Claim) { c.Version = "٣" },
		func(c *dedupe.Claim) { c.Version = "100000000000000000000" },
		func(c *dedupe.Claim) { c.Subject, c.Version = "", "1" },
	} {
		c := b.claimOf("s", "e", "A")
		change(&c)
		if _, err := b.store.Claim(b.Context(), c); !errors.Is(err, dedupe.ErrInvalid) {
			b.Errorf("claim %+.60v: got %v, want ErrInvalid", c, err)
		}
	}
	for _, change := range []func(*dedupe.Completion){
		func(c *dedupe.Completion) { c.Token = "" },
		func(c *dedupe.Completion) { c.Retention = 0 },
		func(c *dedupe.Completion) { c.Over = long },
		func(c *dedupe.Completion) { c.Version = "x" },
		func(c *dedupe.Completion) { c.Result = strings.Repeat("x", dedupe.MaxResult+1) },
		func(c *dedupe.Completion) { c.Data = strings.Repeat("x", dedupe.MaxData+1) },
	} {
		c := b.completionOf("s", "e", "A", "1")
		change(&c)
		if _, err := b.store.Complete(b.Context(), c); !errors.Is(err, dedupe.ErrInvalid) {
			b.Errorf("completion: got %v, want ErrInvalid", err)
		}
	}
	b.invalidHolds()
	b.wantClaim(b.claimOf("s", "e", "A"), dedupe.Answer{Kind: dedupe.Claimed, Fence: 1})
}

func (b *bench) invalidHolds() {
	for _, call := range []struct {
		name   string
		do     func(context.Context, dedupe.Hold) (bool, error)
		change func(*dedupe.Hold)
	}{
		{"renew", b.store.Renew, func(h *dedupe.Hold) { h.Lease = 0 }},
		{"renew", b.store.Renew, func(h *dedupe.Hold) { h.Retention = h.Lease - 1 }},
		{"renew", b.store.Renew, func(h *dedupe.Hold) { h.Event = "" }},
		{"release", b.store.Release, func(h *dedupe.Hold) { h.Token = "" }},
		{"release", b.store.Release, func(h *dedupe.Hold) { h.Retention = 0 }},
	} {
		h := b.holdOf("s", "e", "A")
		call.change(&h)
		if _, err := call.do(b.Context(), h); !errors.Is(err, dedupe.ErrInvalid) {
			b.Errorf("%s %+v: got %v, want ErrInvalid", call.name, h, err)
		}
	}
}
