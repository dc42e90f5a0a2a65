package observe

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"hookonce/replay"
)

func TestDirect(t *testing.T) {
	d := NewDirect("demo")
	d.Add("charge", "evt_0")
	r := mustOpen(t, d)
	d.Add("charge", "evt_1")
	d.Add("", "evt_1")
	d.State("sub_1", "3", false)
	d.State("sub_1", "4", true)
	mustPoll(t, d)
	for _, e := range r.effects {
		if e.At != e.Since || e.Source != "demo" {
			t.Errorf("effect %+v", e)
		}
	}
	if got := strings.Join(r.take(), "; "); got != "charge evt_0 +1 earlier; charge evt_1 +1; evt_1 +1; sub_1=3; sub_1=4 deleted" {
		t.Errorf("told %q", got)
	}
	want := replay.SourceInfo{Label: "demo", Exact: true, Counts: true, States: true, Committed: true}
	if got := d.Info(); got != want {
		t.Errorf("info %+v, want %+v", got, want)
	}
	d.Close()
	d.Add("charge", "evt_2")
	if got := r.take(); len(got) != 0 {
		t.Errorf("told %v after Close", got)
	}
}

func TestDirectConcurrently(t *testing.T) {
	d := NewDirect("demo")
	r := &recorder{}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 100 {
				d.Add("", fmt.Sprintf("evt_%d_%d", i, j))
			}
		})
	}
	if err := d.Open(t.Context(), time.Now(), r.emit); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if len(r.effects) != 800 {
		t.Errorf("%d effects, want 800", len(r.effects))
	}
	for i := 1; i < len(r.effects); i++ {
		if r.effects[i].At < r.effects[i-1].At {
			t.Fatal("effects out of order")
		}
	}
}
