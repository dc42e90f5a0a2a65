package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"hookonce/replay"
	"hookonce/replay/dispatch"
)

// ours are hookonce's own ways: the very package that run sends with.
var ours = []contestant{
	{name: "hookonce: last byte, one thread", run: gates(1, dispatch.TransportRaw, dispatch.ReleaseBackToBack), ours: true},
	{name: "hookonce: last byte, a pair of threads", run: gates(1, dispatch.TransportRaw, dispatch.ReleasePair), ours: true},
	{name: "hookonce: HTTP/2, one packet", run: gates(1, dispatch.TransportH2, dispatch.ReleaseMixed), ours: true, h2: true},
	{name: "hookonce: dense gates, 50 events, mixed", run: gates(50, dispatch.TransportRaw, dispatch.ReleaseMixed), ours: true},
}

// gates sends the events in gates of so many events with two copies each, one gate after another.
func gates(events int, by dispatch.Transport, how dispatch.Release) func(context.Context, string, []string) error {
	return func(ctx context.Context, to string, ids []string) error {
		u, err := url.Parse(to)
		if err != nil {
			return err
		}
		run, err := dispatch.Run(ctx, plan(ids, events), dispatch.Target{URL: u}, dispatch.Options{
			Sign:         func(e replay.Event, _ replay.Sending) (http.Header, []byte, error) { return nil, e.Body, nil },
			Acknowledges: func(_ string, status int) bool { return status == http.StatusOK },
			Transport:    by,
			Release:      how,
			MaxInFlight:  2, // one gate at a time
		})
		if err != nil {
			return err
		}
		for a := range run.Attempts {
			if a.Outcome != replay.Acked {
				return fmt.Errorf("delivery %d: %s %d %s", a.Delivery, a.Outcome, a.Status, a.Error)
			}
		}
		return run.Err()
	}
}

func plan(ids []string, events int) replay.Plan {
	var p replay.Plan
	for i, id := range ids {
		p.Events = append(p.Events, replay.Event{Key: id, Body: []byte(id)})
		for range 2 {
			d := replay.Delivery{N: len(p.Deliveries) + 1, Event: id, Phase: replay.PhaseFault, Role: replay.RoleDuplicate}
			d.Gate = i/events + 1
			p.Deliveries = append(p.Deliveries, d)
		}
	}
	return p
}
