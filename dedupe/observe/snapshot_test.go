package observe

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSince(t *testing.T) {
	for name, c := range map[string]struct{ before, after, want string }{
		"grown":              {"a 1\nb 2", "a 3\nb 2\nc 1", "a +2; c +1"},
		"a reset":            {"a 3\nb 2", "a 1", "a -2; b -2"},
		"named":              {"a 1 x", "a 1 x\na 1 y", "y a +1"},
		"a new version":      {"state s 1", "state s 2", "s=2"},
		"the same version":   {"state s 1", "state s 1", ""},
		"back":               {"state s 2", "state s 1", "s=1"},
		"deleted":            {"state s 2", "state s 2 t", "s=2 deleted"},
		"back from the dead": {"state s 2 t", "state s 2 f", "s=2"},
		"gone":               {"state s 2\nstate r 1 t", "", "s=2 deleted"},
		"a longer history":   {"state s 1\nstate s 2", "state s 1\nstate s 2\nstate s 1\nstate s 3", "s=1; s=3"},
		"deleted at its end": {"state s 1\nstate s 2", "state s 1\nstate s 2 t", "s=2 deleted"},
		"an older part gone": {"state s 1\nstate s 2\nstate s 3", "state s 2\nstate s 3\nstate s 4", "s=4"},
		"rewritten":          {"state s 1\nstate s 2", "state s 7\nstate s 8", "s=7; s=8"},
	} {
		before, _ := decodeOutput([]byte(c.before), false, nil)
		after, _ := decodeOutput([]byte(c.after), false, nil)
		var got []string
		for _, e := range after.since(before) {
			got = append(got, short(e))
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// Whatever a source shows from one reading to the next, the effects add up to what it shows last.
func TestSinceAddsUp(t *testing.T) {
	ids := rapid.SampledFrom([]string{"a", "b", "c", "d"})
	reading := rapid.MapOf(ids, rapid.IntRange(0, 3))
	rapid.Check(t, func(t *rapid.T) {
		sum := map[string]int{}
		last := newSnapshot(0)
		for range rapid.IntRange(1, 6).Draw(t, "readings") {
			shown := reading.Draw(t, "reading")
			now := newSnapshot(0)
			for _, id := range slices.Sorted(maps.Keys(shown)) {
				if err := now.count(id, "", shown[id]); err != nil {
					t.Fatal(err)
				}
			}
			for _, e := range now.since(last) {
				if sum[e.Key] += e.Count; e.Count == 0 {
					t.Fatal("an effect that counts nothing")
				}
			}
			for _, id := range []string{"a", "b", "c", "d"} {
				if sum[id] != shown[id] {
					t.Fatalf("%s: effects add up to %d, the source shows %d", id, sum[id], shown[id])
				}
			}
			last = now
		}
	})
}

// A history that only grows is told once, entry by entry, however it is cut into readings.
func TestHistoryIsToldOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "3"}), 1, 12).Draw(t, "history")
		var got []string
		last := newSnapshot(0)
		for shown := 0; shown < len(all); {
			shown += rapid.IntRange(1, len(all)-shown).Draw(t, "more")
			now := newSnapshot(0)
			for _, v := range all[:shown] {
				if err := now.state("s", version{text: v}); err != nil {
					t.Fatal(err)
				}
			}
			for _, e := range now.since(last) {
				got = append(got, e.Version)
			}
			last = now
		}
		if !slices.Equal(got, all) {
			t.Fatalf("told %v of %v", got, all)
		}
	})
}
