package replay

import (
	"hash/maphash"
	"unicode/utf8"
)

// quick reads the lines that make a journal large, written as the Encoder writes them. Whatever it does not
// know, from white space to another spelling, it leaves to encoding/json: it may refuse, but never read
// anything else than that would.
type quick struct {
	text []byte
	at   int
	ok   bool

	seed maphash.Seed
	seen []string // strings read before, by a hash: most are told again and again
	room []byte

	event    Event
	delivery Delivery
	attempt  Attempt
	effect   Effect
}

func newQuick() *quick { return &quick{seed: maphash.MakeSeed(), seen: make([]string, 1<<12)} }

// record reads one line without its end; false means that somebody else must. What it points to is only valid until the
// next call.
func (q *quick) record(line []byte, r *Record) bool {
	q.text, q.at, q.ok = line, 0, true
	*r = Record{}
	q.take('{')
	name := q.name()
	if string(name) == "run" {
		r.Run = Run(q.string())
		q.take(',')
		name = q.name()
	}
	switch string(name) {
	case "attempt":
		q.attempt = Attempt{}
		r.Attempt = &q.attempt
		q.object(q.attemptField)
	case "delivery":
		q.delivery = Delivery{}
		r.Delivery = &q.delivery
		q.object(q.deliveryField)
	case "effect":
		q.effect = Effect{}
		r.Effect = &q.effect
		q.object(q.effectField)
	case "event":
		q.event = Event{}
		r.Event = &q.event
		q.object(q.eventField)
	default:
		return false
	}
	q.take('}')
	return q.ok && q.at == len(q.text)
}

func (q *quick) attemptField(name []byte) {
	a := &q.attempt
	switch string(name) {
	case "delivery":
		quickly(q, &a.Delivery)
	case "event":
		a.Event = q.string()
	case "outcome":
		a.Outcome = Outcome(q.string())
	case "id":
		a.ID = q.string()
	case "start_ns":
		quickly(q, &a.Start)
	case "last_byte_ns":
		quickly(q, &a.LastByte)
	case "first_byte_ns":
		quickly(q, &a.FirstByte)
	case "end_ns":
		quickly(q, &a.End)
	case "status":
		quickly(q, &a.Status)
	case "body":
		a.Body = q.string()
	case "truncated":
		a.Truncated = q.bool()
	case "retry_after_ns":
		quickly(q, &a.RetryAfter)
	case "error":
		a.Error = q.string()
	case "fired":
		a.Fired = q.bool()
	case "struck":
		a.Struck = ProcessKind(q.string())
	case "replica":
		quickly(q, &a.Replica)
	case "hang_up_at_ns":
		quickly(q, &a.HangUpAt)
	case "late_ns":
		quickly(q, &a.Late)
	default:
		q.ok = false
	}
}

func (q *quick) deliveryField(name []byte) {
	d := &q.delivery
	switch string(name) {
	case "n":
		quickly(q, &d.N)
	case "event":
		d.Event = q.string()
	case "phase":
		d.Phase = Phase(q.string())
	case "fault":
		d.Fault = q.string()
	case "role":
		d.Role = Role(q.string())
	case "at_ns":
		quickly(q, &d.At)
	case "after":
		quickly(q, &d.After)
	case "wait_ns":
		quickly(q, &d.Wait)
	case "gate":
		quickly(q, &d.Gate)
	case "replica":
		quickly(q, &d.Replica)
	case "signature":
		d.Signature = Signature(q.string())
	case "rewrite":
		d.Rewrite = Rewrite(q.string())
	default:
		q.ok = false
	}
}

func (q *quick) effectField(name []byte) {
	e := &q.effect
	switch string(name) {
	case "at_ns":
		quickly(q, &e.At)
	case "since_ns":
		quickly(q, &e.Since)
	case "source":
		e.Source = q.string()
	case "name":
		e.Name = q.string()
	case "key":
		e.Key = q.string()
	case "count":
		quickly(q, &e.Count)
	case "subject":
		e.Subject = q.string()
	case "version":
		e.Version = q.string()
	case "deleted":
		e.Deleted = q.bool()
	case "earlier":
		e.Earlier = q.bool()
	case "unsure":
		quickly(q, &e.Unsure)
	case "idempotency_key":
		e.IdempotencyKey = q.string()
	default:
		q.ok = false
	}
}

func (q *quick) eventField(name []byte) {
	e := &q.event
	switch string(name) {
	case "key":
		e.Key = q.string()
	case "source":
		e.Source = q.string()
	case "id":
		e.ID = q.string()
	case "type":
		e.Type = q.string()
	case "subject":
		e.Subject = q.string()
	case "version":
		e.Version = q.string()
	case "rank":
		quickly(q, &e.Rank)
	case "deletes":
		e.Deletes = q.bool()
	case "provider":
		e.Provider = q.string()
	case "fixture":
		e.Fixture = q.string()
	case "original_key":
		e.OriginalKey = q.string()
	case "refs":
		q.list(&e.Refs)
	case "effect_key":
		e.EffectKey = q.string()
	case "live":
		e.Live = q.bool()
	case "sha256":
		e.SHA256 = q.string()
	default:
		q.ok = false
	}
}

// take reads one byte, which must be the one given.
func (q *quick) take(c byte) {
	if q.at >= len(q.text) || q.text[q.at] != c {
		q.ok = false
		return
	}
	q.at++
}

func (q *quick) next(c byte) bool {
	if q.ok && q.at < len(q.text) && q.text[q.at] == c {
		q.at++
		return true
	}
	return false
}

// name reads the name of a member, and the colon.
func (q *quick) name() []byte {
	raw, escaped := q.raw()
	q.take(':')
	if escaped {
		q.ok = false
	}
	return raw
}

func (q *quick) object(field func([]byte)) {
	q.take('{')
	if q.next('}') {
		return
	}
	for q.ok {
		if field(q.name()); q.next('}') {
			return
		}
		q.take(',')
	}
}

// list reads strings. A list that is there already is another member of the same name: encoding/json knows what that means.
func (q *quick) list(to *[]string) {
	if q.take('['); *to != nil {
		q.ok = false
	}
	out := []string{}
	for q.ok && !q.next(']') {
		if len(out) > 0 {
			q.take(',')
		}
		out = append(out, q.string())
	}
	*to = out
}

func (q *quick) bool() bool {
	for _, v := range [2]bool{true, false} {
		text := "false"
		if v {
			text = "true"
		}
		if len(q.text)-q.at >= len(text) && string(q.text[q.at:q.at+len(text)]) == text {
			q.at += len(text)
			return v
		}
	}
	q.ok = false
	return false
}

// quickly reads an integer of up to 18 digits.
func quickly[T ~int | ~int64](q *quick, to *T) {
	negative := q.next('-')
	from, v := q.at, int64(0)
	for q.at < len(q.text) && '0' <= q.text[q.at] && q.text[q.at] <= '9' {
		v = v*10 + int64(q.text[q.at]-'0')
		if q.at++; q.at-from > 18 {
			q.ok = false
			return
		}
	}
	if q.at == from || q.text[from] == '0' && q.at-from > 1 {
		q.ok = false
	}
	if negative {
		v = -v
	}
	if *to = T(v); int64(*to) != v {
		q.ok = false
	}
}

// raw reads a string without its quotes, as it stands.
func (q *quick) raw() (raw []byte, escaped bool) {
	q.take('"')
	from, wide := q.at, false
	for q.ok && q.at < len(q.text) {
		switch c := q.text[q.at]; {
		case c == '"':
			raw = q.text[from:q.at]
			q.at++
			q.ok = !wide || utf8.Valid(raw)
			return raw, escaped
		case c == '\\':
			escaped = true
			q.at++
		case c < ' ':
			q.ok = false
		case c >= utf8.RuneSelf:
			wide = true
		}
		q.at++
	}
	q.ok = false
	return nil, false
}

func (q *quick) string() string {
	raw, escaped := q.raw()
	if escaped {
		raw = q.unescaped(raw)
	}
	if len(raw) == 0 {
		return ""
	}
	slot := &q.seen[maphash.Bytes(q.seed, raw)%uint64(len(q.seen))]
	if *slot != string(raw) {
		*slot = string(raw)
	}
	return *slot
}

// unescaped resolves the short escapes; it leaves code points to others.
func (q *quick) unescaped(raw []byte) []byte {
	out := q.room[:0]
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c == '\\' {
			i++
			switch raw[i] {
			case '"', '\\', '/':
				c = raw[i]
			case 'n':
				c = '\n'
			case 't':
				c = '\t'
			case 'r':
				c = '\r'
			case 'b':
				c = '\b'
			case 'f':
				c = '\f'
			default:
				q.ok = false
				return nil
			}
		}
		out = append(out, c)
	}
	q.room = out
	return out
}
