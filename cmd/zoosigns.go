package cmd

// liveSigns says for each flawed handler by which names its flaw shows from outside.
func liveSigns() map[string]liveSign {
	named := func(flaws ...string) liveSign { return liveSign{flaws: flaws} }
	return map[string]liveSign{
		"article":        named("busy-200"),
		"none":           named("no-memory"),
		"check-then-act": named("check-then-act"),
		"no-ttl":         named("no-ttl"),
		"setnx-expire":   named("setnx-expire"),
		"short-lease": {flaws: []string{"lease-too-short", "no-fencing"},
			why: "its work of 5 ms is shorter than its lease of 5 s: it takes a process that stands still to show it (no-fencing)"},
		"no-owner": {flaws: []string{"no-owner", "no-fencing"},
			why: "that it removes another's lock takes work that stands still and then fails; that it goes on after its lease shows sooner (no-fencing)"},
		"busy-200":          named("busy-200"),
		"done-first":        named("done-first"),
		"window-24h":        named("window-too-short"),
		"window-60s":        named("window-too-short"),
		"swallow":           named("swallow"),
		"fail-open":         named("fail-open"),
		"fail-as-duplicate": named("fail-as-duplicate"),
		"resent-setnx":      named("reply-lost"),
		"process-memory":    named("process-memory", "no-memory"),
		"cached-5xx":        named("cached-5xx"),
		"object-lock-200":   named("object-lock-200"),
		"ack-first":         named("ack-first"),
		"retry-header":      named("retry-header"),

		"new-key-per-attempt": named("new-key-per-attempt"),
		"raw-hash":            named("raw-hash"),
		"content-hash":        named("content-hash"),
		"no-source":           named("no-source"),
		"marker-second": {flaws: []string{"marker-second", "no-fencing"},
			why: "its charge is a row, and rows are seen later than a kill would have to come: that it has no key shows after a pause (no-fencing)"},
		"unique-email":   named("check-then-act"),
		"per-attempt-id": named("per-attempt-key"),
		"no-verify":      named("no-verify"),
		"verify-parsed":  named("verify-parsed"),

		"no-version":     named("no-version"),
		"version-race":   named("version-race"),
		"version-string": named("version-as-text"),
		"version-float":  named("version-as-float"),
		"no-tombstone":   named("no-tombstone"),
		"version-first":  named("version-first"),
	}
}
