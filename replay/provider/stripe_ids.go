package provider

import "strings"

// stripeRefPrefix names the kinds of objects that come into being with a payment, so
// that an endpoint may count by them or keep them under a unique key. Catalogue
// (prod_, price_, plan_, tax ids), parties (cus_, acct_, pm_, card_) and requests
// (req_) outlive the event and are not among them.
func stripeRefPrefix(prefix string) bool {
	switch prefix {
	case "pi", "py", "ch", "in", "il", "ii", "inpay", "sub", "si", "sub_sched", "cs", "seti", "setatt", "re", "pyr", "trr", "dp", "du",
		"po", "tr", "tu", "fee", "fr", "txn", "cn", "cnli", "qt", "di", "prv", "iauth", "ipi", "vs", "vr", "mandate":
		return true
	}
	return false
}

// stripeRefField names the fields that hold such ids. A value in one of them is an id
// even where test data wrote it in small letters only ("ch_chargeid").
func stripeRefField(name string) bool {
	switch name {
	case "payment_intent", "charge", "latest_charge", "invoice", "latest_invoice", "subscription", "schedule", "released_subscription",
		"setup_intent", "checkout_session", "refund", "dispute", "payout", "transfer", "balance_transaction", "source_transaction",
		"credit_note", "quote", "invoice_item", "subscription_item", "invoice_line_item", "discount", "discounts":
		return true
	}
	return false
}

// stripeID takes an id apart: "cs_test_a1B2" has the prefix "cs" and the body
// "a1B2". ok says that nobody would write it as an ordinary word: "in_transit"
// and "us_bank_account" are not ok, "in_1234" and "cus_00000000000000" are.
func stripeID(s string) (prefix, body string, ok bool) {
	i := strings.LastIndexByte(s, '_')
	if i < 2 || len(s)-i < 5 || len(s) > 255 {
		return "", "", false
	}
	prefix, body = s[:i], s[i+1:]
	strong := false
	for _, c := range []byte(body) {
		switch {
		case c >= 'a' && c <= 'z':
		case c >= '0' && c <= '9', c >= 'A' && c <= 'Z':
			strong = true
		default:
			return "", "", false
		}
	}
	for _, c := range []byte(prefix) {
		if c != '_' && (c < 'a' || c > 'z') {
			return "", "", false
		}
	}
	prefix = strings.TrimSuffix(strings.TrimSuffix(prefix, "_test"), "_live")
	return prefix, body, strong
}
