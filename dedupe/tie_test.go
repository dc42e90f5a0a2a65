package dedupe_test

import (
	"context"
	"errors"
	"testing"

	"hookonce/dedupe"
)

// subjectEvent is an event of subject "s" with version 10.
func subjectEvent(id string) dedupe.Event {
	return dedupe.Event{Source: "src", Subject: "s", ID: id, Version: "10"}
}

// writes is work that leaves data as its subject's state.
func writes(data string, ran *bool) dedupe.Work {
	return func(context.Context, int64) (dedupe.Result, error) {
		*ran = true
		return dedupe.Result{Data: data}, nil
	}
}

// TestTieAtClaim delivers an event whose version another one already set.
func TestTieAtClaim(t *testing.T) {
	for _, c := range []struct {
		name string
		rule dedupe.TieRule
		kind dedupe.Kind
		runs bool
		data string
	}{
		{"undeclared", dedupe.TieUndeclared, dedupe.Tie, false, "first"},
		{"keep", dedupe.TieKeep, dedupe.Tie, false, "first"},
		{"overwrite", dedupe.TieOverwrite, dedupe.Claimed, true, "second"},
		{"refetch", dedupe.TieRefetch, dedupe.Claimed, true, "second"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := &dedupe.Guard{Store: newSpy(nil), Options: dedupe.Options{TieRule: c.rule}}
			var ran bool
			if _, err := g.Do(t.Context(), subjectEvent("first"), writes("first", &ran)); err != nil {
				t.Fatal(err)
			}
			ran = false
			a, err := g.Do(t.Context(), subjectEvent("second"), func(ctx context.Context, f int64) (dedupe.Result, error) {
				if tied := dedupe.RunFrom(ctx).Tied; tied != "first" {
					t.Errorf("the work was told %q, want the event it is tied with", tied)
				}
				return writes("second", &ran)(ctx, f)
			})
			if err != nil || a.Kind != c.kind || ran != c.runs || a.Tied != "first" {
				t.Errorf("got %+v %v, ran %v; want %s, %v", a, err, ran, c.kind, c.runs)
			}
			wantData(t, g, c.data)
		})
	}
}

// TestTieAtCompletion lets another event set the same version while the work runs.
func TestTieAtCompletion(t *testing.T) {
	for _, c := range []struct {
		name string
		rule dedupe.TieRule
		tie  bool
		data string
	}{
		{"undeclared", dedupe.TieUndeclared, true, "first"},
		{"keep", dedupe.TieKeep, false, "first"},
		{"overwrite", dedupe.TieOverwrite, false, "second"},
		{"refetch", dedupe.TieRefetch, true, "first"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := newSpy(nil)
			g := &dedupe.Guard{Store: store, Options: dedupe.Options{TieRule: c.rule}}
			_, err := g.Do(t.Context(), subjectEvent("second"), func(ctx context.Context, _ int64) (dedupe.Result, error) {
				var ran bool
				if _, err := g.Do(ctx, subjectEvent("first"), writes("first", &ran)); err != nil {
					t.Fatal(err)
				}
				return dedupe.Result{Data: "second"}, nil
			})
			if c.tie != errors.Is(err, dedupe.ErrTie) || !c.tie && err != nil {
				t.Errorf("got %v, want a tie: %v", err, c.tie)
			}
			if c.tie != (store.count("release") == 1) {
				t.Errorf("released %d times", store.count("release"))
			}
			wantData(t, g, c.data)
		})
	}
}

// TestTombstoneStandsInATie lets a deletion of the same version win while the work runs.
func TestTombstoneStandsInATie(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil), Options: dedupe.Options{TieRule: dedupe.TieOverwrite}}
	a, err := g.Do(t.Context(), subjectEvent("update"), func(ctx context.Context, _ int64) (dedupe.Result, error) {
		_, err := g.Do(ctx, subjectEvent("delete"), func(context.Context, int64) (dedupe.Result, error) {
			return dedupe.Result{Data: "gone", Tombstone: true}, nil
		})
		return dedupe.Result{Data: "resurrected"}, err
	})
	if err != nil || a.Completed != dedupe.CompletedOK {
		t.Errorf("got %+v %v", a, err)
	}
	wantData(t, g, "gone")
	late := subjectEvent("late")
	if a, err := g.Do(t.Context(), late, never(t)); err != nil || a.Kind != dedupe.Stale {
		t.Errorf("got %+v %v, want stale", a, err)
	}
}

func TestStaleIsNotRun(t *testing.T) {
	g := &dedupe.Guard{Store: newSpy(nil), Options: dedupe.Options{TieRule: dedupe.TieKeep}}
	var ran bool
	if _, err := g.Do(t.Context(), subjectEvent("new"), writes("new", &ran)); err != nil {
		t.Fatal(err)
	}
	old := subjectEvent("old")
	old.Version = "9"
	a, err := g.Do(t.Context(), old, never(t))
	if err != nil || a.Kind != dedupe.Stale || a.Version != "10" {
		t.Errorf("got %+v %v, want stale", a, err)
	}
}

func wantData(t *testing.T, g *dedupe.Guard, want string) {
	t.Helper()
	s, ok, err := g.Store.State(t.Context(), "src", "s")
	if err != nil || !ok || s.Data != want || s.Version != "10" {
		t.Errorf("state %+v %v %v, want data %q", s, ok, err, want)
	}
}
