package redact

import "strings"

// personNames are fields, in small letters and without _ and -, that always hold the name of a person.
const personNames = " firstname lastname middlename givenname familyname surname maidenname fullname realname displayname customername cardholdername " +
	"cardholder holdername accountholdername payername recipientname shoppername buyername contactname profilename callername firstnamekana lastnamekana "

// personHolders are fields whose object's "name" is a person's.
const personHolders = " customer customerdetails billingdetails billing shipping shippingdetails billingaddress shippingaddress customeraddress address " +
	"defaultaddress card individual person payer payee recipient author committer pusher contact profile buyer shopper owner shippable from to "

// personSigns are fields that only an object about a person has.
const personSigns = " email phone firstname lastname emailaddress phonenumber customeremail dob "

// nameFrame is an object or array that the walk is inside of.
type nameFrame struct {
	object, wantKey bool
	key             string // object: the current field; array: the field that holds it
	personal        bool
	pending         []span // the object's name, a person's or not
}

// nameSpans finds the names of people in valid JSON: by the field, or by what else the object holds.
func nameSpans(s string) []span {
	var spans []span
	var stack []nameFrame
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '{', '[':
			f := nameFrame{object: s[i] == '{', wantKey: s[i] == '{'}
			if len(stack) > 0 {
				f.key = stack[len(stack)-1].key
			}
			f.personal = f.object && listedName(personHolders, f.key)
			stack = append(stack, f)
		case '}', ']':
			if f := stack[len(stack)-1]; f.personal {
				spans = append(spans, f.pending...)
			}
			stack = stack[:len(stack)-1]
		case ',':
			f := &stack[len(stack)-1]
			f.wantKey = f.object
		case '"':
			end := quotedEnd(s, i+1, `"`)
			if len(stack) > 0 {
				spans = stack[len(stack)-1].text(spans, s, i+1, end)
			}
			i = end
		}
	}
	return merged(spans, nil)
}

// text takes a string, which may name a field or be the value of one.
func (f *nameFrame) text(spans []span, s string, from, to int) []span {
	switch value := s[from:to]; {
	case f.wantKey:
		f.key, f.wantKey = value, false
		f.personal = f.personal || listedName(personSigns, value)
	case !f.object || value == "":
	case alwaysName(f.key) && !strings.Contains(value, "/"):
		return append(spans, span{from: from, to: to, mark: markName})
	case f.key == "name":
		f.pending = append(f.pending, span{from: from, to: to, mark: markName})
	case f.key == "object":
		f.personal = f.personal || value == "customer" || value == "person" || value == "issuing.cardholder"
	}
	return spans
}

func alwaysName(field string) bool { return listedName(personNames, field) }

func listedName(list, field string) bool {
	if field == "" || len(field) > 40 {
		return false
	}
	plain := strings.ToLower(strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r == ' ' {
			return -1
		}
		return r
	}, field))
	return strings.Contains(list, " "+plain+" ")
}
