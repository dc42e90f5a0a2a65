package provider

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"hookonce/replay"
)

// The id of an attempt is the same in copies of it, another one in a redelivery, and not the event's.
func TestDescribedAttemptsHaveIDs(t *testing.T) {
	g, err := Generic{Name: "acme", ID: "id", AttemptHeader: "X-Acme-Attempt"}.Check()
	if err != nil {
		t.Fatal(err)
	}
	e, err := g.Identify(http.Header{"X-Acme-Attempt": {"as-recorded"}}, []byte(`{"id":"ord-000777"}`))
	if err != nil {
		t.Fatal(err)
	}
	id := func(attempt string) string {
		h, body, err := g.Sign(e, Endpoint{}, replay.Sending{Attempt: attempt, Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		id, retry := AttemptOf(g.Profile(), h, body)
		if id == "" || id == e.Key || id == "as-recorded" || retry {
			t.Errorf("%s has the id %q, retry %t", attempt, id, retry)
		}
		return id
	}
	if a, b := id("attempt-1"), id("attempt-2"); a == b || a != id("attempt-1") {
		t.Errorf("the attempts have the ids %s and %s, the first one again %s", a, b, id("attempt-1"))
	}
}

// What is signed after a description is verified after it, wherever the event's id stands.
func TestDescribedSignaturesAreVerified(t *testing.T) {
	for _, id := range []string{"event", "order.id", "header: X-Acme-Id"} {
		g, err := Generic{Name: "acme", ID: id, Signature: GenericSignature{Header: "X-Acme-Signature", Value: "t={timestamp},v1={signature}",
			Message: "{timestamp}.{body}", Tolerance: time.Minute}}.Check()
		if err != nil {
			t.Fatal(err)
		}
		e, err := g.Identify(http.Header{"X-Acme-Id": {"ev-1"}}, []byte(`{"event":"ev-1","order":{"id":"ord-000777"}}`))
		if err != nil {
			t.Fatal(err)
		}
		now, at := time.Now(), endpointWith("made_up")
		h, body, err := g.Sign(e, at, replay.Sending{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Verify(h, body, at, now); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if g.Verify(h, append(body, ' '), at, now) == nil || g.Verify(h, body, endpointWith("other"), now) == nil {
			t.Errorf("%s: another body, or another secret, passes", id)
		}
	}
}

// The time may stand anywhere in the header, with anything around it.
func TestTheSignedTimeStandsAnywhereInTheHeader(t *testing.T) {
	for _, value := range []string{"v1={signature},t={timestamp}", "t={timestamp};v1={signature}", "ts={timestamp} sig={signature}",
		"alg=sha256,t={timestamp},v1={signature}", "t={timestamp},alg=sha256,v1={signature}", "{signature}={timestamp}", "t={timestamp},v1={signature}"} {
		for _, encoding := range []string{"hex", "base64"} {
			g, err := Generic{Name: "acme", ID: "event", Signature: GenericSignature{Header: "X-Acme-Signature", Value: value, Encoding: encoding,
				Message: "{timestamp}.{body}", Tolerance: time.Minute}}.Check()
			if err != nil {
				t.Fatal(err)
			}
			e, err := g.Identify(nil, []byte(`{"event":"ev-1"}`))
			if err != nil {
				t.Fatal(err)
			}
			now, at := time.Now(), endpointWith("made_up")
			h, body, err := g.Sign(e, at, replay.Sending{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if sent := h.Get("X-Acme-Signature"); strings.ContainsAny(sent, "{}") || !strings.Contains(sent, strconv.FormatInt(now.Unix(), 10)) {
				t.Errorf("%s is sent as %s", value, sent)
			}
			if err := g.Verify(h, body, at, now); err != nil {
				t.Errorf("%s, %s: %v", value, encoding, err)
			}
			if err := g.Verify(h, body, at, now.Add(time.Hour)); !errors.Is(err, ErrTolerance) {
				t.Errorf("%s, %s: an hour later: %v", value, encoding, err)
			}
			if g.Verify(h, append(body, ' '), at, now) == nil {
				t.Errorf("%s, %s: another body passes", value, encoding)
			}
		}
	}
	for _, value := range []string{"{timestamp}{signature}", "{signature}{timestamp}", "t={timestamp},{signature},{signature}", "{timestamp} {timestamp} {signature}"} {
		if _, err := (Generic{Name: "acme", ID: "event", Signature: GenericSignature{Header: "X-Acme-Signature", Value: value}}).Check(); err == nil {
			t.Errorf("%s is taken", value)
		}
	}
}

// An id may be short, and a number: it stands where the description says.
func TestShortDescribedIDsAreRenamed(t *testing.T) {
	for _, c := range []struct {
		of         Generic
		body, want string
	}{
		{Generic{ID: "seq"}, `{"seq":1042,"kind":"order.paid"}`, `{"seq":77,"kind":"order.paid"}`},
		{Generic{ID: "uid"}, `{"uid":"ev-7"}`, `{"uid":"77"}`},
		{Generic{ID: "header: X-Event", Subject: "order.no"}, `{"order":{"no":9},"line_id":9}`, `{"order":{"no":77},"line_id":9}`},
		{Generic{ID: "id"}, `{"id":"7","quantity_id":7,"country_id":7}`, `{"id":"77","quantity_id":7,"country_id":7}`},
		{Generic{ID: "id"}, `{"id":450789469,"total":450789469,"orderId":450789469,"ids":[450789469]}`, `{"id":77,"total":450789469,"orderId":77,"ids":[77]}`},
	} {
		c.of.Name = "acme"
		e, err := c.of.Identify(http.Header{"X-Event": {"7"}}, []byte(c.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.of.Rename(e, func(string) string { return "77" })
		if err != nil || got.Key != "77" || got.OriginalKey != e.Key || string(got.Body) != c.want {
			t.Errorf("%s became %s, with the key %s: %v", c.body, got.Body, got.Key, err)
		}
	}
}
