package chaos

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"reflect"
	"sort"
	"strings"

	"hookonce/replay"
)

// stencil makes renamed copies of a fixture faster than its provider, which reads the whole body each time: one renamed copy shows where
// its ids stand, in the body and in what was read from it. That this is all there is to it is not taken for granted: the
// stencil serves only after it was right about the copies that the provider made after the first.
type stencil struct {
	asked []string // what Rename asks fresh ids for, in order
	event eventPieces
	right int  // copies it was right about
	wrong bool // it was not, once: it never serves
}

// enoughRight is about how many copies a stencil must have been right.
const enoughRight = 3

// rename makes a copy, by the stencil where it serves, else by the provider.
func (s *stencil) rename(fixture replay.Event, by func(replay.Event, func(string) string) (replay.Event, error), fresh func(string) string) (replay.Event, error) {
	if s.right >= enoughRight {
		ids := make([]string, len(s.asked))
		for i, old := range s.asked {
			ids[i] = fresh(old)
		}
		return s.event.put(ids), nil
	}
	var asked, ids []string
	e, err := by(fixture, func(old string) string {
		asked = append(asked, old)
		ids = append(ids, fresh(old))
		return ids[len(ids)-1]
	})
	switch {
	case err != nil || s.wrong:
	case s.asked == nil:
		s.asked, s.event = append([]string{}, asked...), cutEvent(e, ids)
	case reflect.DeepEqual(s.asked, asked) && reflect.DeepEqual(s.event.put(ids), e):
		s.right++
	default:
		s.wrong, s.event = true, eventPieces{}
	}
	return e, err
}

// eventPieces is an event with holes where its ids were.
type eventPieces struct {
	event  replay.Event // what has no holes
	texts  []pieces     // of event's texts
	refs   []pieces
	header map[string][]pieces
	body   pieces
}

// texts are the fields of an event that ids may stand in.
func texts(e *replay.Event) []*string {
	return []*string{&e.Key, &e.Source, &e.ID, &e.Type, &e.Subject, &e.Version, &e.OriginalKey, &e.EffectKey}
}

func cutEvent(e replay.Event, ids []string) eventPieces {
	out := eventPieces{event: e, body: cut(string(e.Body), ids)}
	for _, t := range texts(&e) {
		out.texts = append(out.texts, cut(*t, ids))
	}
	for _, r := range e.Refs {
		out.refs = append(out.refs, cut(r, ids))
	}
	if e.Header != nil {
		out.header = map[string][]pieces{}
	}
	for name, values := range e.Header {
		for _, v := range values {
			out.header[name] = append(out.header[name], cut(v, ids))
		}
	}
	out.event.Body = nil
	return out
}

// put is the event with ids in its holes.
func (p eventPieces) put(ids []string) replay.Event {
	e := p.event
	for i, t := range texts(&e) {
		*t = p.texts[i].put(ids)
	}
	if e.Refs != nil {
		e.Refs = make([]string, len(p.refs))
		for i, r := range p.refs {
			e.Refs[i] = r.put(ids)
		}
	}
	if p.header != nil {
		e.Header = make(http.Header, len(p.header))
	}
	for name, values := range p.header {
		for _, v := range values {
			e.Header[name] = append(e.Header[name], v.put(ids))
		}
	}
	e.Body = p.body.bytes(ids)
	sum := sha256.Sum256(e.Body)
	e.SHA256 = hex.EncodeToString(sum[:])
	return e
}

// pieces is a text with holes: one after each piece but the last.
type pieces struct {
	text  []string
	holes []int // which id belongs there
}

// cut makes holes where ids stand; of two that begin at one place, at the longer one.
func cut(text string, ids []string) pieces {
	byLength := make([]int, 0, len(ids))
	for i, id := range ids {
		if id != "" {
			byLength = append(byLength, i)
		}
	}
	sort.SliceStable(byLength, func(a, b int) bool { return len(ids[byLength[a]]) > len(ids[byLength[b]]) })
	var p pieces
	for {
		at, hole := len(text), -1
		for _, i := range byLength {
			if n := strings.Index(text[:min(len(text), at+len(ids[i]))], ids[i]); n >= 0 && n < at {
				at, hole = n, i
			}
		}
		p.text = append(p.text, strings.Clone(text[:at]))
		if hole < 0 {
			return p
		}
		p.holes = append(p.holes, hole)
		text = text[at+len(ids[hole]):]
	}
}

func (p pieces) put(ids []string) string {
	if len(p.holes) == 0 {
		return p.text[0]
	}
	return string(p.bytes(ids))
}

func (p pieces) bytes(ids []string) []byte {
	n := 0
	for _, t := range p.text {
		n += len(t)
	}
	for _, h := range p.holes {
		n += len(ids[h])
	}
	b := append(make([]byte, 0, n), p.text[0]...)
	for i, h := range p.holes {
		b = append(append(b, ids[h]...), p.text[i+1]...)
	}
	return b
}
