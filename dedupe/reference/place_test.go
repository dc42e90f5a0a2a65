package reference

import (
	"cmp"
	"testing"

	"pgregory.net/rapid"

	"hookonce/replay"
)

// versionForms are the kinds of versions a provider can number its events with. Events of one subject have one kind.
var versionForms = []string{
	`[0-9]{1,3}`, `[1-3]0{16,22}`, `0{0,3}[0-9]{1,25}`, // of any length, padded or not
	`17786100[0-9]{2}`, `[0-9]{1,3}(\.[0-9]{1,3})?`, `17786100[0-9]{2}(\.[0-9]{1,6})?`, // seconds, some with a fraction
	`2026-0[1-3]-1[0-9]T0[0-9]:00:00(\.[0-9]{1,9})?(Z|[+-]0[0-9]:30)`, `(0000|0001|1969|9999)-(01-01|12-31)T23:59:59Z`,
	`[a-c ,./]{1,4}`, `v[0-9]{1,2}`, `-[0-9]{1,2}`, `[0-9]\.[0-9]\.[0-9]`,
}

func versionedEvent(t *rapid.T, form string) replay.Event {
	return replay.Event{Version: rapid.StringMatching(form).Draw(t, "version"), Rank: rapid.IntRange(-2, 101).Draw(t, "rank"),
		Key: rapid.StringMatching(`[a-c]{1,2}`).Draw(t, "key")}
}

// TestPlaceIsTheOrder holds that the text a database compares orders events as the audit does.
func TestPlaceIsTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom(versionForms).Draw(t, "form")
		a, b := versionedEvent(t, form), versionedEvent(t, form)
		if rapid.Bool().Draw(t, "same version") {
			b.Version = a.Version
		}
		want := cmp.Or(a.Order(b), cmp.Compare(a.Key, b.Key))
		if got := cmp.Compare(Place(a), Place(b)); got != want {
			t.Fatalf("%q is %s and %q is %s: %d, want %d", a.Version, Place(a), b.Version, Place(b), got, want)
		}
	})
}

// TestGuardVersionIsTheOrder holds that the guard orders as the audit does what it orders at all, and takes no two
// versions for one.
func TestGuardVersionIsTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom(versionForms).Draw(t, "form")
		a, b := versionedEvent(t, form), versionedEvent(t, form)
		va, vb := GuardVersion(a), GuardVersion(b)
		if va == "" || vb == "" {
			return
		}
		if got := replay.CompareVersions(va, vb); got != a.Order(b) {
			t.Fatalf("%q is %s and %q is %s: %d, want %d", a.Version, va, b.Version, vb, got, a.Order(b))
		}
	})
}
