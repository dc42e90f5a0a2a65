package chaos

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"hookonce/replay"
)

// read is what a provider makes of a body of words: ids begin with a letter and an underscore.
func read(body string, key string) replay.Event {
	sum := sha256.Sum256([]byte(body))
	e := replay.Event{Key: key, Type: "t", Provider: "p", Fixture: "f", Subject: "of/" + key, SHA256: hex.EncodeToString(sum[:]), Body: []byte(body),
		Header: http.Header{"X-Id": {"<" + key + ">"}, "X-None": {"same"}}}
	for _, w := range strings.Fields(body) {
		if len(w) > 2 && w[1] == '_' {
			e.Refs = append(e.Refs, w)
		}
	}
	return e
}

func renameWords(e replay.Event, fresh func(string) string) (replay.Event, error) {
	words := strings.Fields(string(e.Body))
	ids := map[string]string{}
	for i, w := range words {
		if len(w) < 3 || w[1] != '_' {
			continue
		}
		if ids[w] == "" {
			ids[w] = fresh(w)
		}
		words[i] = ids[w]
	}
	return read(strings.Join(words, " "), ids[e.Key]), nil
}

func TestStencilMakesWhatTheProviderMakes(t *testing.T) {
	fixture := read("e_one of c_two and c_two again, e_onelonger too", "e_one")
	by := map[string]func(replay.Event, func(string) string) (replay.Event, error){
		"ids stand where they stand": renameWords,
		"the key depends on the bytes": func(e replay.Event, fresh func(string) string) (replay.Event, error) {
			e, err := renameWords(e, fresh)
			e.Key = e.SHA256[:8]
			return e, err
		},
		"the order depends on the ids": func(e replay.Event, fresh func(string) string) (replay.Event, error) {
			e, err := renameWords(e, fresh)
			if e.Refs[0][2:] > e.Refs[1][2:] {
				e.Refs[0], e.Refs[1] = e.Refs[1], e.Refs[0]
			}
			return e, err
		},
	}
	for name, rename := range by {
		s := newStencil(fixture, rename)
		if plain := name == "ids stand where they stand"; plain != (s != nil) {
			t.Fatalf("%s: a stencil: %v", name, s != nil)
		}
		for i := range uint64(40) {
			if s == nil {
				break
			}
			fresh := func() func(string) string {
				rng := rand.New(rand.NewPCG(1, i))
				return func(old string) string { return freshID(rng, old) }
			}
			want, err := rename(fixture, fresh())
			if got := s.rename(fresh()); err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %v, %v, want %v", name, got, err, want)
			}
		}
	}
}

func TestCutFindsTheLongerOfTwo(t *testing.T) {
	for _, text := range []string{"", "abc", "abcabcd", "abcdabc", "xabcdx", "ababcd"} {
		p := newCutter([]string{"abc", "abcd", ""}).cut(text)
		if got := p.put([]string{"abc", "abcd", "?"}); got != text {
			t.Errorf("%q comes back as %q", text, got)
		}
		want := strings.NewReplacer("abcd", "<2>", "abc", "<1>").Replace(text)
		if got := p.put([]string{"<1>", "<2>", "?"}); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func BenchmarkFreshEvent(b *testing.B) {
	fixture := read("e_one "+strings.Repeat("word c_two ", 400), "e_one")
	s, rng := newStencil(fixture, renameWords), rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		s.rename(func(old string) string { return freshID(rng, old) })
	}
}

func TestMirroredIDsAreInTheOtherOrder(t *testing.T) {
	for _, old := range []string{"evt_1NG8Du2eZvKYlo2CUI79vXWy", "1347", "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043", "SM0123456789abcdef0123456789abcdef", "AUTHORISATION_KHQC5N7G84BLNK43"} {
		rng, mirrored := newRand(1, old), rand.New(mirror{newRand(1, old)})
		for range 1000 {
			a, b := freshID(rng, old), freshID(rng, old)
			if x, y := freshID(mirrored, old), freshID(mirrored, old); a == b || (a < b) != (x > y) {
				t.Fatalf("%s and %s are mirrored as %s and %s", a, b, x, y)
			}
		}
	}
}
