package zoo

import (
	"slices"

	"hookonce/dedupe/reference"
)

// The codes of findings that the table of flaws speaks of.
const (
	double     = "double-processing"
	lost       = "lost-event"
	window     = "window-too-short"
	stuck      = "stuck"
	regress    = "regress"
	stale      = "stale-final"
	resurrect  = "resurrect"
	merged     = "merged"
	attemptKey = "per-attempt-key"
	bypass     = "signature-bypass"
	rejection  = "wrong-rejection"
	premature  = "premature-ack"
	differs    = "replay-differs"
	noisy      = "noisy-duplicate"
)

// flawed lists the handlers with a flaw each.
func flawed() []Entry {
	return slices.Concat(flawedLocks(), flawedKeys(), flawedStates())
}

// flawedLocks claim, remember or answer wrongly.
func flawedLocks() []Entry {
	return []Entry{
		{Name: "article", Plain: true, Expect: []string{lost}, Handler: reference.Article, Scenario: "slow-then-fails",
			Also: []string{double, window, regress, resurrect, stale, premature, differs}, Seen: []string{"slackapi/python-slack-sdk#790"},
			Flaw: "A duplicate is told 200 while the first may still fail; the lock's 60 s are all it remembers; " +
				"the version is not compared and set in one step."},
		{Name: "none", Plain: true, Expect: []string{double}, Handler: None, Scenario: "duplicate", Also: []string{window},
			Seen: []string{"wasp-lang/open-saas#688"},
			Flaw: "It has no deduplication: each delivery charges."},
		{Name: "check-then-act", Plain: true, Expect: []string{double}, Handler: CheckThenAct, Scenario: "race",
			Seen: []string{"dj-stripe/dj-stripe#429", "elizaOS/eliza#31768"},
			Flaw: "It looks for the mark, works, and sets the mark: two deliveries can both look before either sets it."},
		{Name: "no-ttl", Plain: true, Expect: []string{lost}, Handler: NoTTL, Scenario: "crash-after-claim", Also: []string{premature, stale},
			Seen: []string{"dj-stripe/dj-stripe#832", "onetimesecret/onetimesecret#3691"},
			Flaw: "The claim never expires, and its duplicates are told 200: a crash after the claim loses the event."},
		{Name: "setnx-expire", Expect: []string{stuck}, Handler: SetnxExpire, Scenario: "crash-after-claim",
			Seen: []string{"laravel/horizon#1738", "actionhero/node-resque#281"},
			Flaw: "The lock's expiry is a second command: a crash between the two locks the event for ever."},
		{Name: "short-lease", Expect: []string{double}, Handler: ShortLease, Scenario: "slow-then-succeeds",
			Seen: []string{"woocommerce/woocommerce-gateway-stripe#3574", "acapy-cloud#959"},
			Flaw: "The lease is shorter than the work may take, and nobody renews it."},
		{Name: "no-owner", Expect: []string{double}, Handler: NoOwner, Scenario: "pause-in-release", Seen: []string{"laravel/framework#26213"},
			Flaw: "The lock is released without looking whose it is by now."},
		{Name: "busy-200", Plain: true, Expect: []string{lost}, Handler: Busy200, Scenario: "slow-then-fails", Also: []string{premature, differs},
			Seen: []string{"hexclave/hexclave#1664"},
			Flaw: "A duplicate of an event that is being worked on is answered 200, and the work may still fail."},
		{Name: "done-first", Plain: true, Expect: []string{lost}, Handler: DoneFirst, Scenario: "first-fails", Also: []string{premature, stale},
			Seen: []string{"langfuse/langfuse#15463"},
			Flaw: "The event is marked as done before the work, which may fail."},
		{Name: "window-24h", Plain: true, Expect: []string{double, window}, Handler: Window24h, Scenario: "late-25h", Seen: []string{"elasticclaw#112"},
			Flaw: "A processed event is remembered for 24 h, and the provider redelivers for 72 h."},
		{Name: "window-60s", Plain: true, Expect: []string{double, window}, Handler: Window60s, Scenario: "late-70s",
			Seen: []string{"getsentry/sentry#107734"},
			Flaw: "The lock's TTL of 60 s is all the memory there is."},
		{Name: "swallow", Plain: true, Expect: []string{lost}, Handler: Swallow, Scenario: "first-fails", Also: []string{stale},
			Seen: []string{"webrenew/unicon#42", "invertase/stripe-firebase-extensions#666"},
			Flaw: "The work's error is logged, and the event is marked done and acknowledged."},
		{Name: "fail-open", Expect: []string{double}, Handler: FailOpen, Scenario: "redis-down-at-duplicates", Also: []string{window},
			Seen: []string{"dust-tt/dust#25883"},
			Flaw: "Without a Redis it works all the same, and every duplicate is processed."},
		{Name: "fail-as-duplicate", Expect: []string{lost}, Handler: FailAsDuplicate, Scenario: "redis-down", Also: []string{stale, premature, differs},
			Seen: []string{"LanternOps/breeze#4095"},
			Flaw: "An error of Redis is taken for a duplicate, and acknowledged."},
		{Name: "resent-setnx", Plain: true, Expect: []string{lost}, Handler: ResentSetnx, Scenario: "reply-lost", Also: []string{premature, differs, stale}, Resends: true,
			Seen: []string{"leandromoreira/redlock-rb#76"},
			Flaw: "The driver sends a SETNX again whose answer was lost, and its own claim reads as somebody else's."},
		{Name: "process-memory", Expect: []string{double}, Handler: ProcessMemory, Scenario: "replicas", Also: []string{window}, Seen: []string{"unicon#56"},
			Flaw: "It remembers in the memory of one process."},
		{Name: "cached-5xx", Plain: true, Expect: []string{stuck}, Handler: Cached5xx, Scenario: "first-fails", Also: []string{stale},
			Seen: []string{"dj-stripe/dj-stripe#1239"},
			Flaw: "A failure is cached, and given to every redelivery as the final answer."},
		{Name: "object-lock-200", Plain: true, Expect: []string{lost}, Handler: ObjectLock200, Scenario: "two-at-once", Also: []string{premature, stale},
			Seen: []string{"pay-rails/pay#371", "laravel/cashier-stripe#1307", "vendure-plugins#620"},
			Flaw: "The lock is the subject's, and an event that finds it taken is answered 200."},
		{Name: "ack-first", Plain: true, Expect: []string{lost}, Handler: AckFirst, Scenario: "crash-after-answer", Also: []string{stale},
			Seen: []string{"openclaw/openclaw#42157"},
			Flaw: "It answers first and works in memory: a crash, or a failure, loses the event."},
		{Name: "retry-header", Expect: []string{lost}, Handler: RetryHeader, Scenario: "first-fails", Also: []string{stale, premature},
			Seen: []string{"slackapi/bolt-python#731"},
			Flaw: "What is marked as a retry is taken for processed."},
	}
}

// flawedKeys identify an event, its effect or its sender wrongly.
func flawedKeys() []Entry {
	return []Entry{
		{Name: "new-key-per-attempt", Expect: []string{double}, Handler: NewKeyPerAttempt, Scenario: "effect-then-timeout",
			Seen: []string{"tempoxyz/pympp#155"},
			Flaw: "The downstream's idempotency key is a new one for each attempt."},
		{Name: "raw-hash", Expect: []string{double}, Handler: RawHash, Scenario: "other-bytes", Seen: []string{"documenso/documenso#3204"},
			Flaw: "The key is a hash of the raw body: another order of its fields is another event."},
		{Name: "content-hash", Expect: []string{lost, merged}, Handler: ContentHash, Scenario: "twins", Also: []string{double},
			Seen: []string{"superset-sh/superset#6586"},
			Flaw: "The key is a hash of the content without the id: two events that say the same are one."},
		{Name: "no-source", Expect: []string{lost, merged}, Handler: NoSource, Scenario: "two-sources", Also: []string{stale},
			Seen: []string{"github/docs#32822"},
			Flaw: "The key lacks the source: two accounts can give one id to two events."},
		{Name: "marker-second", Expect: []string{double}, Handler: MarkerSecond, Scenario: "crash-after-commit",
			Seen: []string{"medusajs/medusa#13301"},
			Flaw: "The effect is one transaction and the marker another."},
		{Name: "unique-email", Plain: true, Expect: []string{double}, Handler: UniqueEmail, Scenario: "race", Seen: []string{"saleor/saleor#14648"},
			Flaw: "The e-mail goes out before the insert whose UNIQUE constraint finds the duplicate."},
		{Name: "per-attempt-id", Expect: []string{double, attemptKey}, Handler: PerAttemptID, Scenario: "redelivery",
			Seen: []string{"OpenWA#1641"},
			Flaw: "The key is the header that identifies the attempt."},
		{Name: "no-verify", Plain: true, Expect: []string{bypass}, Handler: NoVerify, Scenario: "bad-signature", Also: []string{"stale-signature"}, unverified: true,
			Seen: []string{"ComposioHQ/composio#2168"},
			Flaw: "The signature is not checked."},
		{Name: "verify-parsed", Expect: []string{rejection}, Handler: VerifyParsed, Scenario: "other-bytes", Also: []string{noisy, stuck}, unverified: true,
			Seen: []string{"octokit/webhooks.js#76"},
			Flaw: "The signature is checked over the body as the JSON library writes it."},
	}
}

// flawedStates order a subject's versions wrongly.
func flawedStates() []Entry {
	return []Entry{
		{Name: "no-version", Plain: true, Expect: []string{regress}, Handler: NoVersion, Scenario: "reordered", Also: []string{resurrect, stale},
			Seen: []string{"laravel/cashier-stripe#1201", "rancher/fleet#4000"},
			Flaw: "The last write wins: an older event that comes late overwrites a newer state."},
		{Name: "version-race", Expect: []string{regress}, Handler: VersionRace, Scenario: "raced-versions", Also: []string{resurrect, stale},
			Seen: []string{"sexyvoice#507"},
			Flaw: "The version is read, compared and written in three steps."},
		{Name: "version-string", Expect: []string{stale}, Handler: VersionString, Scenario: "nine-then-ten", Also: []string{regress, resurrect},
			Seen: []string{"libopenstorage/stork#260", "fabric8io/kubernetes-client#1215"},
			Flaw: "Versions are compared as text, and \"10\" comes before \"9\"."},
		{Name: "version-float", Expect: []string{stale}, Handler: VersionFloat, Scenario: "beyond-2-53", Also: []string{regress, resurrect},
			Seen: []string{"kubernetes-sigs/headlamp#6745"},
			Flaw: "Versions are floats, and 2^53 + 1 is equal to 2^53."},
		{Name: "no-tombstone", Plain: true, Expect: []string{resurrect}, Handler: NoTombstone, Scenario: "update-after-delete", Also: []string{regress, stale},
			Seen: []string{"Tr3kkR/Yuzu#3613"},
			Flaw: "A deletion deletes the version, too: an older update brings the subject back."},
		{Name: "version-first", Plain: true, Expect: []string{lost}, Handler: VersionFirst, Scenario: "first-fails", Also: []string{stale},
			Seen: []string{"toluaina/pgsync#268"},
			Flaw: "The version is advanced before the work: after a failure, the redelivery is out of date."},
	}
}
