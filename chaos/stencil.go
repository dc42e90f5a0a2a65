package chaos

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"

	"hookonce/replay"
)

// stencil makes renamed copies of a fixture faster than its provider, which reads the whole body each time: one renamed copy shows where
// its ids stand, in the body and in what was read from it.
type stencil struct {
	asked []string // what Rename asks fresh ids for, in order
	event eventPieces
}

// newStencil makes a fixture's stencil; nil where its provider does more than putting ids in places. That places of ids are all there is to
// a copy is not taken for granted: a second copy that the provider makes must be the stencil's, under mirrored ids, of which
// any two are in the other order.
func newStencil(fixture replay.Event, by func(replay.Event, func(string) string) (replay.Event, error)) *stencil {
	draws := func() *rand.Rand { return newRand(0, "stencil") } // its ids are in no plan
	first, ids, err := copied(fixture, by, draws())
	if err != nil {
		return nil
	}
	s := &stencil{ids.asked, cutEvent(first, ids.given)}
	second, mirrored, err := copied(fixture, by, rand.New(mirror{draws()}))
	if err != nil || !slices.Equal(mirrored.asked, s.asked) || !reflect.DeepEqual(s.event.put(mirrored.given), second) {
		return nil
	}
	return s
}

// answers are the ids that a provider asked fresh ones for, and those.
type answers struct{ asked, given []string }

// copied lets the provider make a copy.
func copied(fixture replay.Event, by func(replay.Event, func(string) string) (replay.Event, error), rng *rand.Rand) (replay.Event, answers, error) {
	var ids answers
	e, err := by(fixture, func(old string) string {
		id := freshID(rng, old)
		ids = answers{append(ids.asked, old), append(ids.given, id)}
		return id
	})
	return e, ids, err
}

// mirror draws the last of an alphabet where its source draws the first.
type mirror struct{ of rand.Source }

// Uint64 implements rand.Source.
func (m mirror) Uint64() uint64 { return ^m.of.Uint64() }

// rename makes a copy.
func (s *stencil) rename(fresh func(string) string) replay.Event {
	ids := make([]string, len(s.asked))
	for i, old := range s.asked {
		ids[i] = fresh(old)
	}
	return s.event.put(ids)
}

// stencilsOf makes the stencils of the fixtures whose bodies are held, on all processors: it is most of the work of a plan, and the first
// delivery waits for it.
func stencilsOf(in Input) map[fixtureID]*stencil {
	made := make([]*stencil, len(in.Events))
	onAllProcessors(len(made), func(i int) {
		if e := in.Events[i]; e.Read == nil {
			made[i] = newStencil(e, in.Rename)
		}
	})
	out := make(map[fixtureID]*stencil, len(made))
	for i, s := range made {
		if s != nil {
			out[idOf(&in.Events[i])] = s
		}
	}
	return out
}

// fixtureID is what a fixture's stencil is found by.
type fixtureID struct{ fixture, key, sum string }

func idOf(fixture *replay.Event) fixtureID {
	return fixtureID{fixture.Fixture, fixture.Key, fixture.SHA256}
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
	c := newCutter(ids)
	out := eventPieces{event: e, body: c.cut(string(e.Body))}
	for _, t := range texts(&e) {
		out.texts = append(out.texts, c.cut(*t))
	}
	for _, r := range e.Refs {
		out.refs = append(out.refs, c.cut(r))
	}
	if e.Header != nil {
		out.header = map[string][]pieces{}
	}
	for name, values := range e.Header {
		for _, v := range values {
			out.header[name] = append(out.header[name], c.cut(v))
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
	e.SHA256 = sumOf(e.Body)
	return e
}

// sumOf is the hex digest of a body.
func sumOf(body []byte) string {
	sum := sha256.Sum256(body)
	var digits [2 * sha256.Size]byte
	hex.Encode(digits[:], sum[:])
	return string(digits[:])
}

// pieces is a text with holes: one after each piece but the last.
type pieces struct {
	text  []string
	holes []int // which id belongs there
}

// cutter makes holes in texts.
type cutter struct {
	ids      []string
	byLength []int // the longest first
}

func newCutter(ids []string) cutter {
	c := cutter{ids: ids, byLength: make([]int, 0, len(ids))}
	for i, id := range ids {
		if id != "" {
			c.byLength = append(c.byLength, i)
		}
	}
	slices.SortStableFunc(c.byLength, func(a, b int) int { return len(ids[b]) - len(ids[a]) })
	return c
}

// cut makes holes where ids stand; of two that begin at one place, at the longer one.
func (c cutter) cut(text string) pieces {
	var p pieces
	for {
		at, hole := len(text), -1
		for _, i := range c.byLength {
			if n := strings.Index(text[:min(len(text), at+len(c.ids[i]))], c.ids[i]); n >= 0 && n < at {
				at, hole = n, i
			}
		}
		p.text = append(p.text, strings.Clone(text[:at]))
		if hole < 0 {
			return p
		}
		p.holes = append(p.holes, hole)
		text = text[at+len(c.ids[hole]):]
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
