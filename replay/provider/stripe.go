package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/tidwall/gjson"

	"hookonce/replay"
)

// freeField is the field of a Stripe object whose content the merchant chose.
const freeField = "metadata"

// stripe is Stripe's snapshot events, API v1.
type stripe struct{}

var _ Provider = stripe{}

func recognisesStripe(header http.Header, body []byte) bool {
	if header.Get(stripeSignature) != "" {
		return true
	}
	text := view(body)
	// Stripe writes the two first, so that the rest need not be looked at.
	if f := topFields(text, "object", "id"); f[0].Str == "event" && strings.HasPrefix(f[1].Str, "evt_") {
		return true
	}
	f := topFields(text, "object", "type", "data")
	return (f[0].Str == "event" || strings.HasPrefix(f[0].Str, "v2.")) && f[1].Str != "" &&
		(objectIn(f[2], "object").IsObject() || topFields(text, "related_object")[0].IsObject())
}

// Identify reads a Stripe event.
func (s stripe) Identify(header http.Header, body []byte) (replay.Event, error) {
	if !ValidJSON(body) {
		return replay.Event{}, errors.New("is not JSON")
	}
	return s.identifyValid(header, body)
}

// identifyValid reads an event of a body that is known to be JSON.
func (stripe) identifyValid(header http.Header, body []byte) (replay.Event, error) {
	text := view(body)
	f := topFields(text, "id", "type", "object", "data", "created", "livemode", "request")
	id, kind, data := f[0].Str, f[1].Str, objectIn(f[3], "object")
	if err := stripeEventProblem(f[2], id, kind, data); err != nil {
		return replay.Event{}, err
	}
	subject, _ := stripeSubject(data)
	sum := sha256.Sum256(body)
	e := replay.Event{
		Key: id, Type: kind, Subject: subject, Version: integer(f[4]), Rank: stripeRank(kind),
		Deletes: subject != "" && stripeDeletes(kind, data.Get("object").Str), Provider: stripeName,
		Live: f[5].Type == gjson.True, Header: resendable(header), SHA256: hex.EncodeToString(sum[:]), Body: body,
	}
	e.Refs = stripeRefs(text, f[6], id, subject)
	return e, nil
}

func stripeEventProblem(object gjson.Result, id, kind string, data gjson.Result) error {
	switch {
	case strings.HasPrefix(object.Str, "v2."):
		return fmt.Errorf("is a thin event (%s), which carries no object; only snapshot events are known", object.Str)
	case object.Exists() && object.Str != "event":
		return fmt.Errorf(`is no Stripe event: "object" is %s, want "event"`, clip(object.Raw))
	case id == "":
		return errors.New(`is no Stripe event: it has no "id"`)
	case kind == "":
		return errors.New(`is no Stripe event: it has no "type"`)
	case !data.IsObject():
		return errors.New(`is no Stripe event: it has no "data.object"`)
	}
	return nil
}

func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "..."
	}
	return s
}

// integer returns a JSON number's digits as they stand, "" for anything but a non-negative integer.
func integer(r gjson.Result) string {
	if r.Type != gjson.Number || r.Raw == "" || strings.Trim(r.Raw, "0123456789") != "" {
		return ""
	}
	return r.Raw
}

// stripeSubject returns the subject of an event, and the id in it. An object
// without an id of its own (a summary, an upcoming invoice, an old dispute) is told by
// its kind and the object it belongs to.
func stripeSubject(data gjson.Result) (subject, id string) {
	if id = data.Get("id").Str; id != "" {
		return id, id
	}
	for _, owner := range []string{"customer", "charge"} {
		o := data.Get(owner)
		if o.IsObject() { // expanded
			o = o.Get("id")
		}
		if kind := data.Get("object").Str; o.Str != "" && kind != "" {
			return kind + ":" + o.Str, o.Str
		}
	}
	return "", ""
}

// lastPart splits "charge.dispute.closed" into "charge.dispute" and "closed".
func lastPart(kind string) (of, verb string) {
	i := strings.LastIndexByte(kind, '.')
	return kind[:max(i, 0)], kind[i+1:]
}

// stripeRank is the tie rule of the profile: what a type says of its place among
// events of the same second.
func stripeRank(kind string) int {
	switch _, verb := lastPart(kind); verb {
	case "created":
		return -1
	case "deleted", "canceled", "voided", "expired":
		return 1
	}
	return 0
}

// stripeDeletes says that the event ends the very object it carries, so that
// "customer.source.deleted" counts for the card it carries and never for the customer.
func stripeDeletes(kind, object string) bool {
	of, verb := lastPart(kind)
	if verb != "deleted" {
		return false
	}
	_, named := lastPart(of)
	_, carried := lastPart(object)
	generic := named == "source" || named == "external_account"
	return named == carried || generic || object == ""
}

// Rename gives a Stripe event fresh ids.
func (s stripe) Rename(e replay.Event, fresh func(old string) string) (replay.Event, error) {
	data := objectIn(topFields(view(e.Body), "data")[0], "object")
	_, subjectID := stripeSubject(data)
	ids, err := freshIDs(slices.Concat([]string{e.Key, strings.Clone(subjectID)}, e.Refs), fresh)
	if err != nil {
		return replay.Event{}, err
	}
	_, kind := lastPart(data.Get("object").Str)
	body := replaceStrings(e.Body, ids, func(t token) bool { return stripeOwnID(t, kind) })
	now, err := s.identifyValid(e.Header, body) // strings for strings leave JSON JSON
	if err != nil {
		return replay.Event{}, fmt.Errorf("rename %s: %w", e.Key, err)
	}
	return renamed(e, now, ids)
}

// stripeOwnID says whether a string that equals one of the event's ids is that id. An id that
// looks like one is, wherever it stands. One that the merchant chose ("gold", "month") may also be
// an ordinary word, so it counts only where an id must stand.
func stripeOwnID(t token, kind string) bool {
	if _, _, ok := stripeID(t.value); ok {
		return true
	}
	return !t.key && !t.free && (t.name == "id" || t.name == kind || stripeRefField(t.name))
}
