package provider

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hookonce/replay"
)

func identify(t testing.TB, body string) replay.Event {
	t.Helper()
	e, err := stripe{}.Identify(nil, []byte(body))
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return e
}

// event writes a minimal event around an object.
func event(kind, object string) string {
	return `{"id":"evt_1A","object":"event","type":"` + kind + `","created":1700000000,"data":{"object":` + object + `}}`
}

func TestIdentify(t *testing.T) {
	for _, c := range []struct {
		name, body            string
		key, subject, version string
		rank                  int
		deletes               bool
		refs                  string
	}{
		{name: "created", body: event("customer.created", `{"id":"cus_00000000000000","object":"customer"}`),
			subject: "cus_00000000000000", rank: -1},
		{name: "deleted", body: event("customer.deleted", `{"id":"cus_1","object":"customer"}`), subject: "cus_1", rank: 1, deletes: true},
		{name: "deletes what it carries", body: event("customer.source.deleted", `{"id":"card_1","object":"card"}`), subject: "card_1", rank: 1, deletes: true},
		{name: "dotted kind", body: event("radar.value_list.deleted", `{"id":"rsl_1","object":"radar.value_list"}`), subject: "rsl_1", rank: 1, deletes: true},
		{name: "deletes something else", body: event("customer.tax_id.deleted", `{"id":"cus_1","object":"customer"}`), subject: "cus_1", rank: 1},
		{name: "canceled is no tombstone", body: event("payment_intent.canceled", `{"id":"pi_1","object":"payment_intent"}`), subject: "pi_1", rank: 1},
		{name: "summary", body: event("entitlements.active_entitlement_summary.updated", `{"object":"entitlements.active_entitlement_summary","customer":"cus_1A23"}`),
			subject: "entitlements.active_entitlement_summary:cus_1A23"},
		{name: "expanded owner", body: event("invoice.upcoming", `{"object":"invoice","customer":{"id":"cus_1A23"}}`), subject: "invoice:cus_1A23"},
		{name: "old dispute", body: event("charge.dispute.closed", `{"object":"dispute","charge":"ch_0000"}`), subject: "dispute:ch_0000", refs: "ch_0000"},
		{name: "no subject", body: event("balance.available", `{"object":"balance"}`)},
		{name: "refs", body: event("charge.succeeded", `{"id":"ch_1A23","object":"charge","customer":"cus_1A23","payment_intent":"pi_1A23","invoice":null,
			"balance_transaction":{"id":"txn_1A23"},"payment_method":"pm_1A23","source":{"id":"card_1A23"},"status":"in_transit","price":"price_1A23",
			"metadata":{"invoice":"in_1A23"},"refunds":{"data":[{"id":"re_chargeid","charge":"ch_1A23"}]},"invoice2":"in_lowercase"}`),
			subject: "ch_1A23", refs: "pi_1A23 txn_1A23 re_chargeid"},
		{name: "refs in small letters by position", body: event("charge.succeeded", `{"id":"ch_x","invoice":"in_lowercase","discounts":["di_lower"]}`),
			subject: "ch_x", refs: "in_lowercase di_lower"},
		{name: "request ids are no refs", body: `{"id":"evt_1A","type":"a.b","request":{"id":"req_1234","idempotency_key":"pi_1234"},"data":{"object":{"id":"x"}}}`, subject: "x", version: "-"},
		{name: "no float", body: `{"id":"evt_1A","type":"a.b","created":9007199254740993,"data":{"object":{}}}`, version: "9007199254740993"},
		{name: "no integer", body: `{"id":"evt_1A","type":"a.b","created":1.7e9,"data":{"object":{}}}`, version: "-"},
		{name: "escaped", body: `{"id":"evt\u005f1A","type":"a.b","data":{"object":{"id":"\u0063us_1"}}}`, subject: "cus_1", version: "-"},
	} {
		e := identify(t, c.body)
		version := map[string]string{"": "1700000000", "-": ""}
		want, ok := version[c.version]
		if !ok {
			want = c.version
		}
		if e.Key != "evt_1A" || e.Subject != c.subject || e.Version != want || e.Rank != c.rank || e.Deletes != c.deletes {
			t.Errorf("%s: got %+v", c.name, e)
		}
		if got := strings.Join(e.Refs, " "); got != c.refs {
			t.Errorf("%s: refs %q, want %q", c.name, got, c.refs)
		}
	}
}

func TestIdentifySaysWhyNot(t *testing.T) {
	for body, want := range map[string]string{
		``:                           "not JSON",
		`{"id":`:                     "not JSON",
		`[]`:                         `no "id"`,
		`{"object":"customer"}`:      `"object" is "customer"`,
		`{"object":"event"}`:         `no "id"`,
		`{"id":"evt_1"}`:             `no "type"`,
		`{"id":"evt_1","type":"a"}`:  `no "data.object"`,
		`{"object":"v2.core.event"}`: "thin event",
		`{"id":1,"type":"a"}`:        `no "id"`,
		`{"object":"` + strings.Repeat("x", 500) + `"}`: `...`,
	} {
		_, err := stripe{}.Identify(nil, []byte(body))
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%.40s: %v, want something about %s", body, err, want)
		}
	}
}

func TestIdentifyKeepsHeadersWorthResending(t *testing.T) {
	h := http.Header{}
	for _, name := range []string{"Stripe-Signature", "Authorization", "Cookie", "Host", "Content-Length", "X-Forwarded-For"} {
		h.Set(name, "x")
	}
	h.Set("User-Agent", "Stripe/2.0")
	e, err := stripe{}.Identify(h, []byte(event("a.b", `{"id":"x"}`)))
	if err != nil || len(e.Header) != 1 || e.Header.Get("User-Agent") != "Stripe/2.0" {
		t.Errorf("kept %v, %v; want the user agent alone", e.Header, err)
	}
}

func TestRename(t *testing.T) {
	body := `{ "id":"evt_1A23", "object":"event","type":"charge.updated","created":1, "request":"evt_1A23",
	"data":{"object":{"id":"ch_1A23","object":"charge","big":12345678901234567890123,"invoice":"in_\u00312345","note":"about ch_1A23","customer":"cus_1A23",
	"metadata":{"copy":"ch_1A23"}, "refunds":{"ch_1A23":1,"data":[{"id":"re_1A23","charge":"ch_1A23"}]}}}}`
	var asked []string
	e := identify(t, body)
	e.Fixture, e.EffectKey = "a.json:3", "in_12345"
	got, err := stripe{}.Rename(e, func(old string) string {
		asked = append(asked, old)
		return fmt.Sprintf("n%d_%s", len(asked), old)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(`"evt_1A23"`, `"n1_evt_1A23"`, `"ch_1A23"`, `"n2_ch_1A23"`, `"in_\u00312345"`, `"n3_in_12345"`, `"re_1A23"`, `"n4_re_1A23"`).Replace(body)
	if string(got.Body) != want {
		t.Errorf("body\n%s\nwant\n%s", got.Body, want)
	}
	if s := strings.Join(asked, " "); s != "evt_1A23 ch_1A23 in_12345 re_1A23" {
		t.Errorf("asked for %s", s)
	}
	if got.Key != "n1_evt_1A23" || got.Subject != "n2_ch_1A23" || got.OriginalKey != "evt_1A23" || got.Fixture != "a.json:3" || got.EffectKey != "n3_in_12345" {
		t.Errorf("got %+v", got)
	}
	again, err := stripe{}.Rename(got, func(old string) string { return "m_" + old })
	if err != nil || again.OriginalKey != "evt_1A23" {
		t.Errorf("a second renaming has original key %q, %v", again.OriginalKey, err)
	}
}

func TestRenameLeavesOrdinaryWords(t *testing.T) {
	// A merchant may call a plan "month" and a coupon "once".
	e := identify(t, event("plan.updated", `{"id":"month","object":"plan","interval":"month","metadata":{"x":"month"},"plan":"month"}`))
	got, err := stripe{}.Rename(e, func(old string) string { return "new_" + old })
	if err != nil {
		t.Fatal(err)
	}
	if want := event("plan.updated", `{"id":"new_month","object":"plan","interval":"month","metadata":{"x":"month"},"plan":"new_month"}`); string(got.Body) != strings.Replace(want, "evt_1A", "new_evt_1A", 1) {
		t.Errorf("got %s", got.Body)
	}
}

func TestRenameSubjectWithoutID(t *testing.T) {
	e := identify(t, event("customer.discount.deleted", `{"object":"discount","customer":"cus_00000000000000"}`))
	got, err := stripe{}.Rename(e, func(old string) string { return strings.Replace(old, "cus_0", "cus_9", 1) })
	if err != nil || got.Subject != "discount:cus_90000000000000" || !got.Deletes {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestRenameRefuses(t *testing.T) {
	e := identify(t, event("a.b", `{"id":"cus_1A23"}`))
	if _, err := (stripe{}).Rename(e, func(string) string { return "" }); err == nil {
		t.Error("an empty fresh id is accepted")
	}
	if _, err := (stripe{}).Rename(replay.Event{Key: "evt_9"}, strings.ToUpper); err == nil || !strings.Contains(err.Error(), "evt_9") {
		t.Errorf("an event without a body gives %v", err)
	}
}

// TestRenameTouchesNothingElse renames every fixture and puts the ids back: the bytes must be the old ones.
func TestRenameTouchesNothingElse(t *testing.T) {
	for name, e := range fixtures(t) {
		old := map[string]string{}
		there, err := stripe{}.Rename(e, func(id string) string {
			fresh := fmt.Sprintf("%s_X%dq", id[:strings.LastIndexByte(id, '_')], len(old)+1000)
			old[fresh] = id
			return fresh
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if there.Type != e.Type || there.Version != e.Version || len(there.Refs) != len(e.Refs) || bytes.Contains(there.Body, []byte(`"`+e.Key+`"`)) {
			t.Errorf("%s: became %+v", name, there)
		}
		back, err := stripe{}.Rename(there, func(id string) string { return old[id] })
		if err != nil || !bytes.Equal(back.Body, e.Body) || back.SHA256 != e.SHA256 || !slices.Equal(back.Refs, e.Refs) {
			t.Errorf("%s: not the old bytes after going back: %v", name, err)
		}
	}
}

// TestRenameAnyID: whatever the ids are, the outcome is JSON and differs in those strings only.
func TestRenameAnyID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.StringN(1, 20, 60).Draw(t, "key")
		subject := rapid.StringN(1, 20, 60).Draw(t, "subject")
		fresh := rapid.StringN(1, 20, 60).Draw(t, "fresh")
		enc := func(s string) string { b, _ := json.Marshal(s); return string(b) }
		form := `{"id":%s,"object":"event","type":"a.b","data":{"object":{"id":%s,"n":1e400}}}`
		e, err := stripe{}.Identify(nil, fmt.Appendf(nil, form, enc(key), enc(subject)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := stripe{}.Rename(e, func(old string) string { return fresh + old })
		if err != nil {
			t.Fatal(err)
		}
		if got.Key != fresh+key || got.Subject != fresh+subject || !json.Valid(got.Body) {
			t.Fatalf("%s became %s", e.Body, got.Body)
		}
	})
}

func FuzzIdentify(f *testing.F) {
	f.Add([]byte(event("a.b", `{"id":"cus_1A23","x":["\ud800",{"metadata":{}}]}`)))
	f.Add([]byte(`{"id":"evt_1","type":"a.b","data":{"object":{"customer":{"id":"cus_1"},"object":"x"}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		Detect(nil, body)
		e, err := stripe{}.Identify(nil, body)
		if err != nil {
			return
		}
		n := 0
		got, err := stripe{}.Rename(e, func(string) string { n++; return fmt.Sprintf("evt_Fresh%d", n) })
		if err == nil && !json.Valid(got.Body) {
			t.Errorf("%q became %q", body, got.Body)
		}
	})
}
