package reference

import (
	"path/filepath"
	"testing"

	"hookonce/replay"
)

func keptWorld(t *testing.T, file string) *LiveWorld {
	t.Helper()
	w, err := Open(t.Context(), Setup{Database: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close(t.Context()) })
	return w
}

// What worlds on one file do, each sees of the others, and one that is opened later finds it; what was not committed is not there.
func TestKeptInAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a file#1.db")
	a, b := keptWorld(t, file), keptWorld(t, file)
	old := replay.Event{Key: "evt_1", Subject: "cus", Version: "9", Provider: "test"}
	newer := replay.Event{Key: "evt_2", Subject: "cus", Version: "10", Deletes: true, Provider: "test"}
	for _, w := range []*LiveWorld{a, b} {
		if err := w.Effect(t.Context(), old, "key"); err != nil { // one key, one effect
			t.Fatal(err)
		}
		if err := w.Effect(t.Context(), newer, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, save := range []func() error{
		func() error { return a.SaveIfNewer(t.Context(), newer) },
		func() error { return b.SaveIfNewer(t.Context(), old) },
		func() error { return b.Save(t.Context(), old) },
	} {
		if err := save(); err != nil {
			t.Fatal(err)
		}
	}
	err := a.Transact(t.Context(), newer, func(tx *Tx) error {
		if err := tx.Charge(t.Context(), newer); err != nil {
			return err
		}
		tx.Saved(newer)
		if counts, err := b.Counts(); err != nil || counts[1].Count != 2 {
			t.Errorf("before the commit: %v, %v", counts, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Transact(t.Context(), old, func(tx *Tx) error { tx.Saved(old); return ErrWork }); err == nil {
		t.Error("a transaction that fails was committed")
	}
	if now, err := b.Fetch(t.Context(), old); err != nil || now.Key != "evt_1" {
		t.Errorf("%+v, %v", now, err)
	}
	if _, err := a.Fetch(t.Context(), newer); err != nil {
		t.Error(err)
	}
	if now, err := b.Fetch(t.Context(), old); err != nil || now.Key != "evt_2" {
		t.Errorf("%+v, %v", now, err)
	}
	later := keptWorld(t, file)
	counts, err := later.Counts()
	if err != nil || len(counts) != 2 || counts[0] != (Count{"evt_1", 1}) || counts[1] != (Count{"evt_2", 3}) {
		t.Errorf("%v, %v", counts, err)
	}
	s, found, err := later.Load(t.Context(), "cus")
	if err != nil || !found || s.Version != "10" || !s.Deleted || len(s.Versions) != 3 {
		t.Errorf("%+v, %v, %v", s, found, err)
	}
	if _, found, err := later.Load(t.Context(), "nobody"); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}
