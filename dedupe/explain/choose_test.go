package explain

import (
	"strings"
	"testing"
)

func fit(name string, same, wrongSame int) candidate {
	return candidate{Fit: Fit{Handler: name, Same: same, WrongSame: wrongSame}}
}

// TestChoose holds the thresholds: nine in ten of all, and eight in ten of what is wrong.
func TestChoose(t *testing.T) {
	for _, test := range []struct {
		name       string
		all        []candidate
		fits, next string
	}{
		{"just enough", []candidate{fit("a", 90, 8)}, "a", ""},
		{"one too few of all", []candidate{fit("a", 89, 10)}, "", "a"},
		{"one too few of what is wrong", []candidate{fit("a", 99, 7)}, "", "a"},
		{"a tie", []candidate{fit("a", 95, 9), fit("b", 95, 9), fit("c", 94, 9)}, "a b", "c"},
		{"a tie of the sum only", []candidate{fit("a", 95, 10), fit("b", 96, 8)}, "a", "b"},
		{"the nearest comes last", []candidate{fit("a", 91, 8), fit("b", 99, 10)}, "b", "a"},
		{"one that fits behind a nearer one that does not", []candidate{fit("a", 97, 5), fit("b", 91, 10)}, "b", "a"},
		{"none fits", []candidate{fit("a", 50, 1), fit("b", 60, 2)}, "", "b"},
		{"nobody there", nil, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			x := Explanation{Observations: 100, Wrong: 10}
			best, ok := x.choose(test.all)
			var names []string
			for _, f := range x.Fits {
				names = append(names, f.Handler)
			}
			if got := strings.Join(names, " "); got != test.fits || x.Next.Handler != test.next {
				t.Errorf("fits %q, next %q; want %q and %q", got, x.Next.Handler, test.fits, test.next)
			}
			if ok != (test.fits != "") || ok && best.Handler != names[0] {
				t.Errorf("best %q %v", best.Handler, ok)
			}
		})
	}
}

func TestStatement(t *testing.T) {
	for want, x := range map[string]Explanation{
		"9 of 9 observations fit a; the nearest other, b, fits 6":                                 {Observations: 9, Fits: []Fit{{Handler: "a", Same: 9}}, Next: Fit{Handler: "b", Same: 6}},
		"9 of 9 observations fit a and b, which this plan does not tell apart":                    {Observations: 9, Fits: []Fit{{Handler: "a", Same: 9}, {Handler: "b", Same: 9}}},
		"no known flaw behaves like it":                                                           {},
		"no known flaw behaves like it: the nearest, b, fits 6 of 9 observations, and 1 of the 3": {Observations: 9, Wrong: 3, Next: Fit{Handler: "b", Same: 6, WrongSame: 1}},
	} {
		if got := x.String(); !strings.HasPrefix(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
