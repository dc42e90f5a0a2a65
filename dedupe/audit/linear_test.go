package audit

import (
	"flag"
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"
)

var histories = flag.Int("histories", 5_000, "how many random histories to judge in each comparison")

// rapidChecks lets rapid draw so many histories.
func rapidChecks(t *testing.T, n int) {
	before := flag.Lookup("rapid.checks").Value.String()
	if err := flag.Set("rapid.checks", strconv.Itoa(n)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = flag.Set("rapid.checks", before) })
}

// maxRegister is a register that only ever takes a newer version, as Porcupine wants it told.
var maxRegister = porcupine.Model{
	Init: func() any { return 0 },
	Step: func(state, input, output any) (bool, any) {
		if v, isWrite := input.(int); isWrite {
			return true, max(v, state.(int))
		}
		return output.(int) == state.(int), state
	},
}

func operations(writes []write, reads []read) []porcupine.Operation {
	var out []porcupine.Operation
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	for _, w := range writes {
		out = append(out, porcupine.Operation{ClientId: len(out), Input: number(w.version), Call: int64(w.call), Return: int64(min(w.done, math.MaxInt64))})
	}
	for _, r := range reads {
		out = append(out, porcupine.Operation{ClientId: len(out), Output: number(r.version), Call: int64(r.call), Return: int64(r.done)})
	}
	return out
}

// history draws up to five writes and six reads of up to five versions, whose calls and
// ends are all at different moments. Version 0 was there from the start, and no other unwritten one is seen.
func history(t *rapid.T) (writes []write, reads []read) {
	nw, nr := rapid.IntRange(0, 5).Draw(t, "writes"), rapid.IntRange(1, 6).Draw(t, "reads")
	moments := rapid.Permutation(numbers(2*(nw+nr))).Draw(t, "moments")
	span := func(i int) (from, to time.Duration) {
		a, b := time.Duration(moments[2*i]), time.Duration(moments[2*i+1])
		return min(a, b), max(a, b)
	}
	for i := range nw {
		w := write{version: strconv.Itoa(rapid.IntRange(1, 4).Draw(t, "version"))}
		if w.call, w.done = span(i); rapid.IntRange(0, 3).Draw(t, "unacknowledged") == 0 {
			w.done = never
		}
		writes = append(writes, w)
	}
	versions := []string{"0"}
	for _, w := range writes {
		versions = append(versions, w.version)
	}
	for i := range nr {
		r := read{version: rapid.SampledFrom(versions).Draw(t, "seen")}
		r.call, r.done = span(nw + i)
		reads = append(reads, r)
	}
	return writes, reads
}

func numbers(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// The linear rule and Porcupine agree on which histories a register allows.
func TestLinearRuleAgreesWithPorcupine(t *testing.T) {
	rapidChecks(t, *histories)
	legal, illegal := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		writes, reads := history(t)
		want := porcupine.CheckOperations(maxRegister, operations(writes, reads))
		if got := len(illegalReads(writes, reads)) == 0; got != want {
			t.Fatalf("the rule says %v, Porcupine %v: writes %v, reads %v", got, want, writes, reads)
		}
		if want {
			legal++
		} else {
			illegal++
		}
	})
	t.Logf("%d legal and %d illegal histories", legal, illegal)
	if min(legal, illegal) < *histories/20 {
		t.Errorf("%d legal and %d illegal histories: the comparison has no two sides", legal, illegal)
	}
}

func TestIllegalReadsNameWhatWasNewer(t *testing.T) {
	writes := []write{{"1", 0, 10}, {"2", 20, 30}, {"3", 40, never}}
	reads := []read{{"1", 25, 35}, {"1", 31, 35}, {"3", 50, 55}, {"2", 56, 60}, {"3", 30, 35}}
	want := []breach{{1, 1, -1}, {3, -1, 4}, {4, -1, -1}}
	got := illegalReads(writes, reads)
	if len(got) != len(want) {
		t.Fatalf("breaches %+v, want %+v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("breach %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}
