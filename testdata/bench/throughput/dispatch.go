package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/journal"
	"hookonce/replay/provider"
)

// body is an event of 4 kB.
var body = fmt.Sprintf(`{"id":"evt_1PgYtHLkdIwHu7ix0001","object":"event","api_version":"2024-06-20","created":1721900000,"type":"invoice.paid",`+
	`"data":{"object":{"id":"in_1PgYtHLkdIwHu7ix0001","object":"invoice","amount_paid":2000,"note":%q}},"livemode":false}`, strings.Repeat("x", 3840))

// repeats is how often each event of the plan is delivered.
const repeats = 10

// dispatchAll sends a plan of n deliveries as run does: signed when they leave, journaled as they end, and judged.
func dispatchAll(ctx context.Context, to string, n int) error {
	u, err := url.Parse(to)
	if err != nil {
		return err
	}
	stripe, err := provider.ByName("stripe")
	if err != nil {
		return err
	}
	k, err := newKeeper()
	if err != nil {
		return err
	}
	defer k.remove()
	p := plan(n)
	if err := k.begin(p); err != nil {
		return err
	}
	at := provider.Endpoint{Secrets: []string{"whsec_bench"}}
	run, err := dispatch.Run(ctx, p, dispatch.Target{URL: u}, dispatch.Options{
		Sign: func(e replay.Event, s replay.Sending) (http.Header, []byte, error) {
			return stripe.Sign(e, at, s)
		},
		Acknowledges: func(_ string, status int) bool { return status/100 == 2 },
		MaxInFlight:  connections,
	})
	if err != nil {
		return err
	}
	for a := range run.Attempts {
		if a.Outcome != replay.Acked {
			return fmt.Errorf("delivery %d: %s %d %s", a.Delivery, a.Outcome, a.Status, a.Error)
		}
		if err := k.keep(replay.Record{Run: replay.TargetRun, Attempt: &a}); err != nil {
			return err
		}
	}
	if err := run.Err(); err != nil {
		return err
	}
	return k.judge()
}

func plan(n int) replay.Plan {
	p := replay.Plan{Schema: replay.PlanSchema, Events: make([]replay.Event, 0, n/repeats+1), Deliveries: make([]replay.Delivery, 0, n)}
	text := []byte(body)
	for i := range n {
		if i%repeats == 0 {
			p.Events = append(p.Events, replay.Event{Key: fmt.Sprintf("evt_%d", i/repeats), Provider: "stripe", Type: "invoice.paid", Body: text})
		}
		p.Deliveries = append(p.Deliveries, replay.Delivery{N: i + 1, Event: p.Events[i/repeats].Key, Phase: replay.PhaseFault, Role: replay.RoleDuplicate, Fault: "duplicate"})
	}
	return p
}

// keeper writes the journal and feeds the audit.
type keeper struct {
	file   *os.File
	out    *journal.Writer
	stream *audit.Stream
}

func newKeeper() (*keeper, error) {
	f, err := os.CreateTemp("", "throughput*.jsonl")
	if err != nil {
		return nil, err
	}
	s, err := audit.NewStream(audit.StreamOptions{})
	return &keeper{f, journal.NewWriter(f, nil), s}, err
}

func (k *keeper) begin(p replay.Plan) error {
	h := replay.Header{Schema: replay.JournalSchema, Started: time.Now(), Target: "http://sink"}
	if err := k.keep(replay.Record{Header: &h}); err != nil {
		return err
	}
	for r := range p.Records() {
		if err := k.keep(r); err != nil {
			return err
		}
	}
	return nil
}

func (k *keeper) keep(r replay.Record) error {
	if err := k.stream.Add(r); err != nil {
		return err
	}
	return k.out.Write(r)
}

func (k *keeper) judge() error {
	if err := k.out.Close(); err != nil {
		return err
	}
	v, err := k.stream.Judge()
	if err == nil && v.Verdict != audit.Inconclusive {
		err = fmt.Errorf("%s, and no effects were looked at", v.Verdict)
	}
	return err
}

func (k *keeper) remove() {
	_ = k.stream.Close()
	_ = k.file.Close()
	_ = os.Remove(k.file.Name())
}

func profiled(file string, do func() error) error {
	if file == "" {
		return do()
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return do()
}
