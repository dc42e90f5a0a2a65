package zoo

import (
	"slices"
	"testing"
)

func TestCatalog(t *testing.T) {
	want := []string{"none", "check-then-act", "article", "busy-200", "swallow", "no-version", "hardened"}
	if !slices.Equal(Names(), want) {
		t.Errorf("names %v, want %v", Names(), want)
	}
	for _, e := range Handlers() {
		if e.Handler == nil || e.Flaw == "" || e.Correct() != (e.Name == "hardened") || slices.Contains(e.Also, e.Expect) {
			t.Errorf("entry %+v", e)
		}
		if found, ok := Find(e.Name); !ok || found.Name != e.Name {
			t.Errorf("%s is not found", e.Name)
		}
	}
	if _, ok := Find("dodo"); ok {
		t.Error("a dodo is found")
	}
}
