package replay

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// pen writes the records that make a journal large, byte for byte as encoding/json writes them, without looking at their types anew each
// time. What it does not know it leaves to encoding/json: see quick, which reads them.
type pen struct {
	to []byte
	ok bool
}

// record writes a record without its last brace; false means that somebody else must.
func (p *pen) record(r Record) bool {
	p.to, p.ok = append(p.to[:0], '{'), true
	if r.Header != nil || r.Plan != nil || r.Body != nil || r.Mark != nil || r.Lock != nil || r.Command != nil || r.Sources != nil || r.End != nil {
		return false
	}
	p.text(`,"run":`, string(r.Run))
	kinds := 0
	if r.Attempt != nil {
		kinds++
		p.name(`,"attempt":`)
		p.attempt(r.Attempt)
	}
	if r.Delivery != nil {
		kinds++
		p.name(`,"delivery":`)
		p.delivery(r.Delivery)
	}
	if r.Effect != nil {
		kinds++
		p.name(`,"effect":`)
		p.effect(r.Effect)
	}
	if r.Event != nil {
		kinds++
		p.name(`,"event":`)
		p.event(r.Event)
	}
	p.to = append(p.to, '}')
	return p.ok && kinds == 1
}

func (p *pen) attempt(a *Attempt) {
	p.to = append(p.to, '{')
	p.always(`,"delivery":`, int64(a.Delivery))
	p.name(`,"event":`)
	p.string(a.Event)
	p.name(`,"outcome":`)
	p.string(string(a.Outcome))
	p.number(`,"replica":`, int64(a.Replica))
	p.text(`,"id":`, a.ID)
	p.always(`,"start_ns":`, int64(a.Start))
	p.number(`,"last_byte_ns":`, int64(a.LastByte))
	p.number(`,"first_byte_ns":`, int64(a.FirstByte))
	p.always(`,"end_ns":`, int64(a.End))
	p.number(`,"status":`, int64(a.Status))
	p.text(`,"body":`, a.Body)
	p.yes(`,"truncated":`, a.Truncated)
	p.number(`,"retry_after_ns":`, int64(a.RetryAfter))
	p.yes(`,"no_retry":`, a.NoRetry)
	p.text(`,"error":`, a.Error)
	p.yes(`,"fired":`, a.Fired)
	p.text(`,"struck":`, string(a.Struck))
	p.number(`,"hang_up_at_ns":`, int64(a.HangUpAt))
	p.number(`,"late_ns":`, int64(a.Late))
}

func (p *pen) delivery(d *Delivery) {
	p.to = append(p.to, '{')
	p.always(`,"n":`, int64(d.N))
	p.name(`,"event":`)
	p.string(d.Event)
	p.name(`,"phase":`)
	p.string(string(d.Phase))
	p.text(`,"fault":`, d.Fault)
	p.name(`,"role":`)
	p.string(string(d.Role))
	p.always(`,"at_ns":`, int64(d.At))
	p.number(`,"after":`, int64(d.After))
	p.number(`,"wait_ns":`, int64(d.Wait))
	p.number(`,"replica":`, int64(d.Replica))
	p.number(`,"gate":`, int64(d.Gate))
	p.ok = p.ok && d.Conditions == Conditions{Gate: d.Gate, Signature: d.Signature, Rewrite: d.Rewrite, NewAttempt: d.NewAttempt}
	p.text(`,"signature":`, string(d.Signature))
	p.text(`,"rewrite":`, string(d.Rewrite))
	p.yes(`,"new_attempt":`, d.NewAttempt)
}

func (p *pen) effect(e *Effect) {
	p.to = append(p.to, '{')
	p.always(`,"at_ns":`, int64(e.At))
	p.always(`,"since_ns":`, int64(e.Since))
	p.name(`,"source":`)
	p.string(e.Source)
	p.text(`,"name":`, e.Name)
	p.text(`,"key":`, e.Key)
	p.number(`,"count":`, int64(e.Count))
	p.number(`,"unsure":`, int64(e.Unsure))
	p.text(`,"idempotency_key":`, e.IdempotencyKey)
	p.text(`,"subject":`, e.Subject)
	p.text(`,"version":`, e.Version)
	p.yes(`,"deleted":`, e.Deleted)
	p.yes(`,"earlier":`, e.Earlier)
}

func (p *pen) event(e *Event) {
	p.to = append(p.to, '{')
	p.name(`,"key":`)
	p.string(e.Key)
	p.text(`,"source":`, e.Source)
	p.text(`,"id":`, e.ID)
	p.name(`,"type":`)
	p.string(e.Type)
	p.text(`,"subject":`, e.Subject)
	p.text(`,"version":`, e.Version)
	p.number(`,"rank":`, int64(e.Rank))
	p.yes(`,"deletes":`, e.Deletes)
	p.name(`,"provider":`)
	p.string(e.Provider)
	p.name(`,"fixture":`)
	p.string(e.Fixture)
	p.text(`,"original_key":`, e.OriginalKey)
	p.list(`,"refs":`, e.Refs)
	p.text(`,"effect_key":`, e.EffectKey)
	p.yes(`,"live":`, e.Live)
	p.ok = p.ok && len(e.Header) == 0
	p.name(`,"sha256":`)
	p.string(e.SHA256)
}

// name writes a member's name, which is given with the comma before it and the colon after it.
func (p *pen) name(name string) {
	if p.to[len(p.to)-1] == '{' {
		name = name[1:]
	}
	p.to = append(p.to, name...)
}

func (p *pen) always(name string, v int64) {
	p.name(name)
	p.to = strconv.AppendInt(p.to, v, 10)
}

// number, text, list and yes leave out what is empty.
func (p *pen) number(name string, v int64) {
	if v != 0 {
		p.always(name, v)
	}
}

func (p *pen) text(name, v string) {
	if v != "" {
		p.name(name)
		p.string(v)
	}
}

func (p *pen) list(name string, vs []string) {
	if len(vs) == 0 {
		return
	}
	p.name(name)
	for i, v := range vs {
		p.to = append(p.to, "[,"[min(i, 1)])
		p.string(v)
	}
	p.to = append(p.to, ']')
}

func (p *pen) yes(name string, v bool) {
	if v {
		p.name(name)
		p.to = append(p.to, "true"...)
	}
}

// string writes a string, unless one of its characters is rare.
func (p *pen) string(s string) {
	p.to = append(p.to, '"')
	from, wide := 0, false
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			wide = wide || c >= utf8.RuneSelf
			continue
		}
		at := strings.IndexByte("\"\\\n\r\t", c)
		if at < 0 {
			p.ok = false
			return
		}
		p.to = append(append(p.to, s[from:i]...), '\\', `"\nrt`[at])
		from = i + 1
	}
	// The two separators of lines are written as escapes.
	p.ok = p.ok && (!wide || utf8.ValidString(s) && !strings.Contains(s, "\u2028") && !strings.Contains(s, "\u2029"))
	p.to = append(append(p.to, s[from:]...), '"')
}
