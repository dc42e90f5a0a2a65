package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hookonce/chaos"
	"hookonce/cmd/report"
	"hookonce/dedupe/audit"
	"hookonce/dedupe/observe"
	"hookonce/replay"
	"hookonce/replay/dispatch"
	"hookonce/replay/load"
)

// loading is the traffic of one run of load.
type loading struct {
	*conduct
	o       *LoadOptions
	ids     *observe.IDs
	traffic *chaos.Traffic
	results *load.Results
	tally   *load.Tally // nil until the traffic begins
	failed  int         // deliveries in a row for which there was no connection

	mu sync.Mutex
	// open are the validly signed events that nothing acknowledged so far, by their first delivery's number.
	open map[string]opened
	last int // the highest number of a delivery
}

type opened struct {
	event *replay.Event
	n     int
}

// duplicateAfter is how long after an event its duplicate is due: long enough for most answers to be there.
const duplicateAfter = 250 * time.Millisecond

// prepare finds out before anything is sent what cannot be.
func (l *loading) prepare() error {
	l.open, l.last = map[string]opened{}, len(l.p.plan.Deliveries)
	gap := int(max(l.o.pace.From, l.o.pace.To) * duplicateAfter.Seconds())
	if l.o.Closed > 0 {
		gap = 10 * l.o.Closed
	}
	l.extra = l.o.expects()
	var err error
	if l.traffic, err = chaos.NewTraffic(l.p.input, l.o.shares, l.p.plan, gap); err != nil {
		return usagef("%w", err)
	}
	if l.o.Results != "" {
		if l.results, err = load.NewResults(l.o.Results); err != nil {
			return usagef("--results: %w", err)
		}
	}
	return nil
}

// send sends the traffic, and then what of it was not acknowledged.
func (l *loading) send() error {
	sender, err := dispatch.NewSender(l.target, dispatch.Options{
		Sign: l.p.sign, Acknowledges: l.p.acknowledges, Patience: max(l.header.Patience, l.p.patience()),
		PatienceFor: l.header.PatienceFor, Base: l.rec.base, Hard: l.stop.hard, Transport: l.transport,
	})
	if err != nil {
		return err
	}
	defer sender.Close()
	l.tally = load.NewTally(l.rec.base, l.rec.Now(), l.header.Target)
	if l.results != nil {
		l.tally = load.NewTally(l.rec.base, l.rec.Now(), l.header.Target, l.results.Encoders...)
	}
	l.show.Loading(l.o.asked())
	room := giveRoom()
	defer room.takeBack()
	defer l.tick(room)()
	err = load.Attack(l.stop.soft, load.Options{
		Pace: l.o.pace, HitsPerDelivery: l.traffic.HitsPerDelivery(), Duration: l.o.Duration, Count: l.o.Count,
		Closed: l.o.Closed, MaxWorkers: l.o.MaxWorkers, Next: l.next, Send: sender.Send, Sent: l.sent,
	})
	if err != nil || l.stop.soft.Err() != nil {
		return err
	}
	return l.redeliver()
}

// tickEvery is how often progress is told where no line redraws itself.
const tickEvery = 5 * time.Second

// tick tells the progress, and fits the memory, until the function it returns is called.
func (l *loading) tick(room *room) (stop func()) {
	ctx, cancel := context.WithCancel(l.stop.hard)
	var ticking sync.WaitGroup
	ticking.Go(func() {
		t := time.NewTicker(tickEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				l.show.Tick()
				room.fit()
			}
		}
	})
	return func() { cancel(); ticking.Wait() }
}

// next draws a hit, and writes it down before it is sent.
func (l *loading) next() (load.Hit, error) {
	h, err := l.traffic.Next()
	if err != nil {
		return load.Hit{}, err
	}
	for i := range h.Events {
		e := &h.Events[i]
		if l.o.EffectKey != "" {
			whole, err := e.Loaded()
			if err != nil {
				return load.Hit{}, err
			}
			e.EffectKey = l.o.effectKeyOf(whole)
		}
		if len(l.sources) > 0 { // nobody else asks for ids
			l.ids.Add(*e)
		}
	}
	l.rec.Planned(h.Events, h.Deliveries)
	l.show.Planned(len(h.Deliveries))
	l.tally.Drawn(h.Deliveries)
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, d := range h.Deliveries {
		l.last = d.N
		if d.Role == replay.RoleFirst && d.Signature == replay.SignValid {
			l.open[d.Event] = opened{h.Of[i], d.N}
		}
	}
	return load.Hit{Deliveries: h.Deliveries, Of: h.Of}, nil
}

// maxUnconnected is how many deliveries in a row may find no connection before the target counts as lost.
const maxUnconnected = 50

// sent writes down what became of a hit.
func (l *loading) sent(h load.Hit, attempts []replay.Attempt) error {
	for _, a := range attempts {
		i := slices.IndexFunc(h.Deliveries, func(d replay.Delivery) bool { return d.N == a.Delivery })
		l.rec.Attempt(replay.TargetRun, a)
		l.show.Attempt(a)
		if a.Outcome == replay.Acked {
			l.mu.Lock()
			delete(l.open, a.Event)
			l.mu.Unlock()
		}
		if l.failed++; a.Outcome != replay.Unsent {
			l.failed = 0
		}
		if err := l.tally.Add(h.Deliveries[i], h.Of[i], a); err != nil {
			return err
		}
		if l.failed >= maxUnconnected {
			return fmt.Errorf("%w: %d deliveries in a row found no connection, the last one: %s", dispatch.ErrTargetLost, l.failed, a.Error)
		}
	}
	return nil
}

// tailTries is how many fault-free deliveries an event of the traffic gets that nothing acknowledged.
const tailTries = 2

// redeliver is the traffic's part of the fault-free tail.
func (l *loading) redeliver() error {
	left := make([]opened, 0, len(l.open))
	for _, o := range l.open {
		left = append(left, o)
	}
	if len(left) == 0 {
		return nil
	}
	slices.SortFunc(left, func(a, b opened) int { return a.n - b.n })
	tail := replay.Plan{Schema: replay.PlanSchema}
	for _, o := range left {
		tail.Events = append(tail.Events, *o.event)
		for i := range tailTries {
			l.last++
			d := replay.Delivery{N: l.last, Event: o.event.Key, Phase: replay.PhaseTail, Role: replay.RoleRedelivery}
			if i > 0 {
				d.After, d.Wait = l.last-1, firstRetry
			}
			tail.Deliveries = append(tail.Deliveries, d)
		}
	}
	l.rec.Planned(nil, tail.Deliveries)
	l.show.Planned(len(tail.Deliveries))
	l.show.Say("%d events were not acknowledged: they are delivered again, without faults", len(left))
	return l.dispatch(tail, nil)
}

// judge adds the thresholds to the verdict, and the figures to the report.
func (l *loading) judge(v audit.Verdict) (audit.Verdict, *report.Load, error) {
	if l.tally == nil {
		return v, nil, nil
	}
	s := l.tally.Close()
	told := l.figures(s, v)
	found := load.Found{Doubled: findingsOf(v, "double-processing"), Lost: findingsOf(v, "lost-event")}
	listed := load.Found{}
	for _, c := range told.Slices {
		listed.Doubled, listed.Lost = listed.Doubled+c.Doubled, listed.Lost+c.Lost
	}
	if listed.Doubled < found.Doubled || listed.Lost < found.Lost {
		v.Notes = append(v.Notes, fmt.Sprintf("the slices of time count the findings that are listed: %d of %d processed twice, %d of %d lost",
			listed.Doubled, found.Doubled, listed.Lost, found.Lost))
	}
	for _, t := range l.o.thresholds {
		c, err := judgeThreshold(t, s, found)
		if err != nil {
			return v, told, err
		}
		v.Checks = append(v.Checks, c)
		switch {
		case c.Status == audit.Fail:
			v.Verdict = audit.Fail
		case c.Status == audit.Inconclusive:
			v.Missing = append(v.Missing, c.Name+": "+c.Reason)
			if v.Verdict == audit.Pass {
				v.Verdict = audit.Inconclusive
			}
		}
	}
	if l.results != nil {
		return v, told, l.results.Close(l.tally)
	}
	return v, told, nil
}

// findingsOf is how many findings a check has, listed or not.
func findingsOf(v audit.Verdict, check string) int {
	for _, c := range v.Checks {
		if c.Name == check && c.Status == audit.Fail {
			return c.Findings
		}
	}
	return 0
}

func judgeThreshold(t load.Threshold, s load.Summary, found load.Found) (audit.CheckResult, error) {
	c := audit.CheckResult{Name: "--fail-if " + t.Text, Severity: audit.Violation, Status: audit.Pass, Judged: int(s.All.Requests)}
	if lacking := t.Lacking(s); len(lacking) > 0 {
		c.Status, c.Reason = audit.Inconclusive, "nothing was sent of the class "+strings.Join(lacking, ", ")
		return c, nil
	}
	breached, err := t.Breached(s, found)
	if breached {
		c.Status = audit.Fail
	}
	c.Reason = t.Used(s, found)
	return c, err
}

// figures are those of the report. An event's finding stands in the slice in which it was first sent.
func (l *loading) figures(s load.Summary, v audit.Verdict) *report.Load {
	out := &report.Load{Asked: l.o.asked(), Deliveries: int(s.Sent), Duration: report.Micros(s.Duration), PerSecond: s.Rate, Acknowledged: s.Acked,
		Classes: []report.LoadClass{}, Slices: []report.LoadSlice{}}
	if s.All.Requests > 0 {
		out.Errors = float64(s.Errors) / float64(s.All.Requests)
	}
	s.All.Class = "all"
	for _, r := range append([]load.Row{s.All}, s.Classes...) {
		out.Classes = append(out.Classes, report.LoadClass{Class: string(r.Class), Deliveries: int(r.Requests), P50: report.Micros(r.P50),
			P90: report.Micros(r.P90), P99: report.Micros(r.P99), P999: report.Micros(r.P999), Max: report.Micros(r.Max)})
	}
	for _, x := range s.Slices {
		to := min(x.From+s.Width, max(s.Duration, x.From+1))
		row := report.LoadSlice{From: report.Micros(x.From), To: report.Micros(to), Sent: x.Sent, Acked: x.Acked, Refused: x.Refused,
			Unknown: x.Unknown, Max: report.Micros(x.Max)}
		if x.Sent > 0 {
			row.Mean = report.Micros(x.Total / time.Duration(x.Sent))
		}
		out.Slices = append(out.Slices, row)
	}
	seen := map[string]bool{}
	for _, f := range v.Findings {
		if len(f.Evidence.Attempts) == 0 || f.Severity != audit.Violation || seen[f.Code+f.Event] {
			continue
		}
		seen[f.Code+f.Event] = true
		at := f.Evidence.Attempts[0].Start - s.Began
		i := int(at / s.Width)
		if at < 0 || i >= len(out.Slices) {
			continue
		}
		switch f.Code {
		case "double-processing":
			out.Slices[i].Doubled++
		case "lost-event":
			out.Slices[i].Lost++
		}
	}
	return out
}
