package replay

import (
	"slices"
	"testing"
)

// TestVersionsWithFractions holds that numbers have one order, whether they have a fraction or not.
func TestVersionsWithFractions(t *testing.T) {
	inOrder := []string{"0.5", "9", "9.5", "10", "10.25", "10.5", "1778610002", "1778610002.0", "1778610002.90", "1778610003"}
	for i, a := range inOrder {
		for j, b := range inOrder {
			if got, want := CompareVersions(a, b), min(1, max(-1, i-j)); got != want {
				t.Errorf("%s, %s: %d, want %d", a, b, got, want)
			}
		}
	}
	for _, text := range []string{"", ".", ".5", "5.", "1.2.3", "-1.5", "1e5"} {
		if _, _, ok := Decimal(text); ok {
			t.Errorf("%q is a number", text)
		}
	}
	if !slices.IsSortedFunc([]string{"1.10.0", "1.9.0"}, CompareVersions) {
		t.Error("what is no number is not compared as text")
	}
}
