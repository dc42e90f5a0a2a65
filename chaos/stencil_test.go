package chaos

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
		s := &stencil{}
		var one, other [40]replay.Event
		for i := range one {
			for _, into := range []*replay.Event{&one[i], &other[i]} {
				rng, use := rand.New(rand.NewPCG(1, uint64(i))), rename
				if into == &one[i] {
					use = func(e replay.Event, fresh func(string) string) (replay.Event, error) {
						return s.rename(e, rename, fresh)
					}
				}
				e, err := use(fixture, func(old string) string { return freshID(rng, old) })
				if err != nil {
					t.Fatal(err)
				}
				*into = e
			}
		}
		if !reflect.DeepEqual(one, other) {
			t.Errorf("%s: the copies are others", name)
		}
		if plain := name == "ids stand where they stand"; plain != (s.right >= enoughRight) {
			t.Errorf("%s: serving: %v", name, !plain)
		}
	}
}

func TestCutFindsTheLongerOfTwo(t *testing.T) {
	for _, text := range []string{"", "abc", "abcabcd", "abcdabc", "xabcdx", "ababcd"} {
		p := cut(text, []string{"abc", "abcd", ""})
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
	s, rng := &stencil{}, rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		if _, err := s.rename(fixture, renameWords, func(old string) string { return freshID(rng, old) }); err != nil {
			b.Fatal(err)
		}
	}
	if s.right < enoughRight && b.N > 10 {
		b.Fatal(fmt.Sprint("the stencil does not serve: ", s.right))
	}
}
