package audit

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"hookonce/replay"
)

// judgeBypass looks for deliveries that no careful endpoint would believe, and that were.
func judgeBypass(d *docket) ([]Finding, int) {
	return d.judgeSpoiled("signature-bypass", replay.SignMissing, replay.SignWrongKey, replay.SignTampered)
}

// judgeStaleSignature looks for replays of old signatures that were believed.
func judgeStaleSignature(d *docket) ([]Finding, int) {
	return d.judgeSpoiled("stale-signature", replay.SignStale)
}

var spoiledText = map[replay.Signature]string{
	replay.SignMissing:  "without a signature",
	replay.SignWrongKey: "signed with another key",
	replay.SignTampered: "changed after signing",
	replay.SignStale:    "signed longer ago than the provider tolerates",
}

func (d *docket) judgeSpoiled(code string, kinds ...replay.Signature) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		if f.badSignature == replay.SignValid || !slices.Contains(kinds, f.badSignature) || len(f.attempts) == 0 {
			continue
		}
		judged++
		// The effect of a stale signature is no breach by itself: the check is about the answer.
		effects := f.effects
		if f.acked() || effects > 0 && !f.shared && code == "signature-bypass" {
			x := d.finding(code, f)
			x.Effects = effects
			x.Message = fmt.Sprintf("a delivery %s was %s", spoiledText[f.badSignature], believed(f, effects))
			x.Advice = "Verify the signature over the raw bytes, with the time in it, before anything else; answer 400 or 401 and stop."
			out = append(out, x)
		}
	}
	return out, judged
}

func believed(f *dossier, effects int) string {
	if !f.acked() {
		return fmt.Sprintf("refused, and yet had %s", plural(effects, "effect"))
	}
	text := fmt.Sprintf("acknowledged with %d", f.acks[0].Status)
	if effects > 0 {
		text += " and had " + plural(effects, "effect")
	}
	return text
}

// judgeWrongRejection looks for the same body, correctly signed, that was
// unauthorised once and welcome another time.
func judgeWrongRejection(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		if f.badSignature != replay.SignValid || !f.acked() {
			continue
		}
		judged++
		if !f.course.refused {
			continue
		}
		for _, a := range f.attempts {
			if unauthorised(a) {
				x := d.finding("wrong-rejection", f)
				x.Message = fmt.Sprintf("%s, correctly signed, was refused with %d by delivery %d and acknowledged by delivery %d",
					f.event.Key, a.Status, a.Delivery, f.acks[0].Delivery)
				x.Advice = "Compute the signature over the bytes as they came, not over a parsed and re-encoded body."
				out = append(out, x)
				break
			}
		}
	}
	return out, judged
}

func unauthorised(a *replay.Attempt) bool {
	switch a.Status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return true
	case http.StatusBadRequest:
		return strings.Contains(strings.ToLower(a.Body), "signature")
	}
	return false
}

// judgeNoisy looks for duplicates of processed events that were not answered with success.
func judgeNoisy(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		acks := f.acks
		if len(acks) == 0 || f.badSignature != replay.SignValid {
			continue
		}
		if !f.course.refused {
			judged += int(f.course.repeats)
			continue
		}
		for _, a := range f.attempts {
			if a.Start < acks[0].End || a.Status == 0 {
				continue
			}
			judged++
			if a.Outcome == replay.Refused && a.Status != http.StatusTooManyRequests {
				x := d.finding("noisy-duplicate", f)
				x.Message = fmt.Sprintf("%s had been acknowledged, and a duplicate of it was answered %d", f.event.Key, a.Status)
				x.Advice = "Answer a duplicate of a processed event with the same 2xx as the first time: the provider retries anything else, and may disable the endpoint."
				out = append(out, x)
				break
			}
		}
	}
	return out, judged
}

// judgeDiffers looks for acknowledgements of one event whose bodies differ.
func judgeDiffers(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		acks := f.acks
		if len(acks) < 2 || f.badSignature != replay.SignValid {
			continue
		}
		judged++
		if !f.course.differs {
			continue
		}
		for _, a := range acks[1:] {
			if !a.Truncated && !acks[0].Truncated && !sameAnswer(acks[0].Body, a.Body, d.h.Header.Volatile) {
				x := d.finding("replay-differs", f)
				x.Message = fmt.Sprintf("two acknowledgements of %s have different bodies", f.event.Key)
				x.Advice = "Store the first answer and replay it. Fields that may differ are named with --volatile."
				out = append(out, x)
				break
			}
		}
	}
	return out, judged
}

// sameAnswer compares two bodies, as JSON without the volatile members where they are JSON.
func sameAnswer(a, b string, volatile []string) bool {
	if a == b {
		return true
	}
	if len(volatile) == 0 {
		return false
	}
	x, errA := decode(a)
	y, errB := decode(b)
	if errA != nil || errB != nil {
		return false
	}
	return reflect.DeepEqual(without(x, volatile), without(y, volatile))
}

func decode(s string) (any, error) {
	var v any
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	err := dec.Decode(&v)
	return v, err
}

func without(v any, names []string) any {
	switch v := v.(type) {
	case map[string]any:
		for _, n := range names {
			delete(v, n)
		}
		for k := range v {
			v[k] = without(v[k], names)
		}
	case []any:
		for i := range v {
			v[i] = without(v[i], names)
		}
	}
	return v
}

// nearPatience is the share of the sender's patience from which an answer counts as slow.
const nearPatience = 0.8

// judgeSlow looks for clean attempts answered near or past the sender's patience.
func judgeSlow(d *docket) ([]Finding, int) {
	var out []Finding
	judged := 0
	for _, f := range d.events {
		patience := d.h.Header.PatienceFor(f.event.Provider)
		limit := time.Duration(nearPatience * float64(patience))
		if limit <= 0 {
			continue
		}
		if f.course.slowest < limit {
			judged += int(f.course.timed)
			continue
		}
		for _, a := range f.attempts {
			if p := d.delivery(a.Delivery); p == nil || p.HangUp != nil || a.LastByte == 0 {
				continue
			}
			judged++
			took := waited(a)
			if took < limit {
				continue
			}
			x := d.finding("slow-ack", f)
			x.Message = fmt.Sprintf("%s took %s to be answered; the sender waits %s", f.event.Key, took.Round(time.Millisecond), patience)
			x.Advice = "Acknowledge after a durable write and do the slow work in a queue."
			out = append(out, x)
			break
		}
	}
	return out, judged
}
