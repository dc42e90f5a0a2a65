package provider

import (
	"time"

	"hookonce/replay"
)

const (
	stripeName      = "stripe"
	stripeTolerance = 300 * time.Second
)

// Profile returns Stripe's figures.
func (stripe) Profile() replay.Profile {
	return replay.Profile{
		Name:     stripeName,
		Patience: 20 * time.Second,
		Success:  []replay.StatusRange{{From: 200, To: 299}},
		Retries: []time.Duration{5 * time.Minute, 25 * time.Minute, 90 * time.Minute, 2 * time.Hour,
			4 * time.Hour, 8 * time.Hour, 24 * time.Hour, 24 * time.Hour},
		RetrySpan: 72 * time.Hour,
		Tolerance: stripeTolerance,
		TieRule: "`created` counts whole seconds and Stripe guarantees no order. Within one second of one subject: " +
			"*.created first; *.deleted, *.canceled, *.voided and *.expired last; all others between, in no order.",
		Key:         "id",
		Identity:    "key: id (evt_) in the body, the same in all retries; there may be two events of one fact, which share data.object.id and type",
		Order:       "subject: data.object.id. version: created, in seconds",
		Signing:     "Stripe-Signature: t=TIME,v1=HEX, HMAC-SHA256 of TIME.BODY; several v1 for up to 24 hours while a secret is rolled",
		Failure:     "retried; an endpoint that keeps failing is disabled after some days, with an e-mail. A resend by hand does not cancel automatic retries",
		ContentType: "application/json",
		Sources:     stripeSources(),
	}
}

func stripeSources() []replay.Source {
	const docs, read = "docs.stripe.com/webhooks", "2026-11-24"
	return []replay.Source{
		{Figure: "patience", Text: "not published (the dashboard shows \"Timed out\"); 20 s is often quoted, 30 s too", Where: "secondary articles", Date: read, Grade: replay.GradeUnverified},
		{Figure: "success", Text: "2xx only; a redirect is a failure", Where: docs, Date: read, Grade: replay.GradeOfficial},
		{Figure: "retries", Text: "exponential back-off in live mode; the intervals are not published: these waits are an approximation " +
			"after secondary articles. In a sandbox three retries over a few hours", Where: "secondary articles", Date: read, Grade: replay.GradeUnverified},
		{Figure: "retry_span", Text: "up to three days in live mode. A resend by hand is possible for 15 days (dashboard) or 30 days (CLI) " +
			"and does not cancel automatic retries", Where: docs, Date: read, Grade: replay.GradeOfficial},
		{Figure: "identity", Text: "\"log the event IDs you've processed\"; data.object.id and type where two events tell of one fact", Where: docs, Date: read, Grade: replay.GradeOfficial},
		{Figure: "signing", Text: "v1 only; the newest secret's signature may stand in any place", Where: "stripe-go v85.0.0 webhook/client.go", Date: read, Grade: replay.GradeOfficial},
		{Figure: "failure", Text: "after how many days an endpoint is disabled is not verified", Where: docs, Date: read, Grade: replay.GradeUnverified},
		{Figure: "tolerance", Text: "300 s; time and signature are new with every attempt", Where: "stripe-go v85.0.0 webhook/client.go", Date: read, Grade: replay.GradeOfficial},
		{Figure: "version", Text: "`created`, in seconds; the documentation forbids relying on it for order, hence the tie rule", Where: docs, Date: read, Grade: replay.GradeOfficial},
		{Figure: "tie_rule", Text: "declared by hookonce from the meaning of the types; Stripe publishes none", Where: "hookonce", Date: read, Grade: replay.GradeUnverified},
	}
}
