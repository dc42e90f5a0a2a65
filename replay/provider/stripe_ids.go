package provider

import "strings"

// stripeRefPrefixes are the kinds of objects that come into being with a payment, so
// that an endpoint may count by them or keep them under a unique key. Catalogue
// (prod_, price_, plan_, tax ids), parties (cus_, acct_, pm_, card_) and requests
// (req_) outlive the event and are not among them.
const stripeRefPrefixes = " pi py ch in il ii inpay sub si sub_sched cs seti setatt re pyr trr dp du po tr tu fee fr txn " +
	"cn cnli qt di prv iauth ipi vs vr mandate "

// stripeRefFields are fields that hold such ids. A value in one of them is an id
// even where test data wrote it in small letters only ("ch_chargeid").
const stripeRefFields = " payment_intent charge latest_charge invoice latest_invoice subscription schedule " +
	"released_subscription setup_intent checkout_session refund dispute payout transfer balance_transaction " +
	"source_transaction credit_note quote invoice_item subscription_item invoice_line_item discount discounts "

func listed(list, word string) bool {
	return word != "" && !strings.Contains(word, " ") && strings.Contains(list, " "+word+" ")
}

func stripeRefField(name string) bool { return listed(stripeRefFields, name) }

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
	if strings.Trim(prefix, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return "", "", false
	}
	prefix = strings.TrimSuffix(strings.TrimSuffix(prefix, "_test"), "_live")
	return prefix, body, strong
}

// stripeRefs lists the ids in the payload an endpoint may count by, in the order
// in which they stand there.
func stripeRefs(body []byte, key, subject string) []string {
	var refs []string
	seen := map[string]bool{key: true, subject: true}
	eachString(body, freeField, func(t token) {
		if t.key || t.free || t.top == "request" {
			return
		}
		prefix, _, strong := stripeID(t.value)
		if listed(stripeRefPrefixes, prefix) && (strong || t.name == "id" || stripeRefField(t.name)) && !seen[t.value] {
			seen[t.value] = true
			refs = append(refs, t.value)
		}
	})
	return refs
}
