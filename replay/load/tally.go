package load

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"hookonce/replay"
)

// Class says what a delivery was to its event: latencies differ by it.
type Class string

// The classes, in the order in which reports show them.
const (
	First        Class = "first"
	Duplicate    Class = "duplicate"
	Race         Class = "race"
	Reorder      Class = "reorder"
	BadSignature Class = "bad_signature"
)

// Classes lists them all.
func Classes() []Class { return []Class{First, Duplicate, Race, Reorder, BadSignature} }

// ClassOf is the class of a delivery of the traffic.
func ClassOf(d replay.Delivery) Class {
	switch {
	case d.Signature != replay.SignValid:
		return BadSignature
	case d.Fault == "race":
		return Race
	case d.Fault == "reorder":
		return Reorder
	case d.Role == replay.RoleDuplicate:
		return Duplicate
	}
	return First
}

// Slice is a part of the attack's time.
type Slice struct {
	From    time.Duration // since the attack began
	Sent    int
	Acked   int
	Refused int
	Unknown int // and unsent
	Total   time.Duration
	Max     time.Duration
}

// maxSlices bounds how many a tally keeps: then two become one, and are twice as long.
const maxSlices = 120

// Tally counts what became of the traffic, as vegeta counts it. Its memory does not grow with the deliveries.
type Tally struct {
	base    time.Time
	began   time.Duration // since base
	url     string
	all     *vegeta.Metrics
	classes map[Class]*vegeta.Metrics
	width   time.Duration
	slices  []Slice
	errors  uint64
	sent    uint64
	results []vegeta.Encoder
	result  vegeta.Result // the latest: nobody who is given it keeps it

	mu     sync.Mutex
	stamps map[int]stamp // of what is under way, by the delivery's number
	next   map[Class]uint64
	latest time.Time
}

// stamp is what vegeta's plot orders results by: within an attack, a later number has a later time.
type stamp struct {
	seq uint64
	at  time.Time
}

// NewTally counts traffic that began at a time since base. Each of the encoders gets every result.
func NewTally(base time.Time, began time.Duration, url string, results ...vegeta.Encoder) *Tally {
	return &Tally{base: base, began: began, url: url, all: &vegeta.Metrics{}, classes: map[Class]*vegeta.Metrics{},
		width: time.Second, results: results, stamps: map[int]stamp{}, next: map[Class]uint64{}}
}

// Drawn stamps deliveries that are about to be sent, in the order in which they are drawn.
func (t *Tally) Drawn(ds []replay.Delivery) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range ds {
		c, now := ClassOf(d), t.base.Add(time.Since(t.base))
		if !now.After(t.latest) {
			now = t.latest.Add(1)
		}
		t.latest = now
		t.stamps[d.N] = stamp{t.next[c], now}
		t.next[c]++
	}
}

func (t *Tally) stamp(n int) stamp {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.stamps[n]
	delete(t.stamps, n)
	return s
}

// Add counts an attempt on a delivery that was drawn. Deliveries with a bad signature are no part of the figures over all: they are
// there to be refused. The error is an encoder's.
func (t *Tally) Add(d replay.Delivery, e *replay.Event, a replay.Attempt) error {
	class := ClassOf(d)
	r := &t.result
	*r = t.resultOf(class, t.stamp(d.N), e, a)
	t.sent++
	if t.classes[class] == nil {
		t.classes[class] = &vegeta.Metrics{}
	}
	t.classes[class].Add(r)
	if class != BadSignature {
		t.all.Add(r)
		if a.Outcome != replay.Acked {
			t.errors++
		}
	}
	t.slice(a)
	for _, enc := range t.results {
		if err := enc(r); err != nil {
			return fmt.Errorf("results: %w", err)
		}
	}
	return nil
}

// resultOf is an attempt the way vegeta tells it, as of an attack that is named after its class: its latency is from the call to the end of the answer.
func (t *Tally) resultOf(c Class, s stamp, e *replay.Event, a replay.Attempt) vegeta.Result {
	r := vegeta.Result{Attack: string(c), Seq: s.seq, Code: uint16(a.Status), Timestamp: s.at, Latency: a.End - a.Start,
		BytesOut: uint64(len(e.Body)), BytesIn: uint64(len(a.Body)), Method: http.MethodPost, URL: t.url}
	switch {
	case a.Status == 0:
		r.Error = a.Error
	case a.Outcome != replay.Acked:
		r.Error = fmt.Sprintf("%d %s", a.Status, http.StatusText(a.Status))
	}
	return r
}

func (t *Tally) slice(a replay.Attempt) {
	i := int(max(0, a.Start-t.began) / t.width)
	for i >= maxSlices {
		t.halve()
		i = int(max(0, a.Start-t.began) / t.width)
	}
	for len(t.slices) <= i {
		t.slices = append(t.slices, Slice{From: time.Duration(len(t.slices)) * t.width})
	}
	s := &t.slices[i]
	s.Sent++
	switch a.Outcome {
	case replay.Acked:
		s.Acked++
	case replay.Refused:
		s.Refused++
	default:
		s.Unknown++
	}
	s.Total += a.End - a.Start
	s.Max = max(s.Max, a.End-a.Start)
}

// halve makes slices twice as long.
func (t *Tally) halve() {
	t.width *= 2
	half := t.slices[:0]
	for i := 0; i < len(t.slices); i += 2 {
		s := t.slices[i]
		if i+1 < len(t.slices) {
			o := t.slices[i+1]
			s.Sent, s.Acked, s.Refused, s.Unknown = s.Sent+o.Sent, s.Acked+o.Acked, s.Refused+o.Refused, s.Unknown+o.Unknown
			s.Total, s.Max = s.Total+o.Total, max(s.Max, o.Max)
		}
		half = append(half, s)
	}
	t.slices = half
}

// Row is what became of the deliveries of one class.
type Row struct {
	Class                                    Class
	Requests                                 uint64
	Success                                  float64 // share with a status from 200 to 399, as vegeta counts it
	Mean, Min, P50, P90, P95, P99, P999, Max time.Duration
}

// Summary is a tally at its end.
type Summary struct {
	All      Row
	Classes  []Row
	Rate     float64 // sent a second
	Acked    float64 // of the valid ones, answered with a status from 200 to 399, a second
	Errors   uint64  // validly signed deliveries that were not acknowledged
	Duration time.Duration
	Began    time.Duration // since the run's base
	Width    time.Duration // of a slice
	Slices   []Slice
	Sent     uint64 // with bad signatures
}

// Close ends the counting.
func (t *Tally) Close() Summary {
	s := Summary{All: row("", t.all), Errors: t.errors, Began: t.began, Width: t.width, Slices: t.slices, Sent: t.sent}
	s.Rate, s.Acked, s.Duration = t.all.Rate, t.all.Throughput, t.all.Duration+t.all.Wait
	for _, c := range Classes() {
		if m := t.classes[c]; m != nil {
			s.Classes = append(s.Classes, row(c, m))
		}
	}
	return s
}

func row(c Class, m *vegeta.Metrics) Row {
	m.Close()
	l := m.Latencies
	if m.Requests == 0 {
		return Row{Class: c}
	}
	return Row{Class: c, Requests: m.Requests, Success: m.Success, Mean: l.Mean, Min: l.Min, P50: l.P50, P90: l.P90, P95: l.P95,
		P99: l.P99, P999: l.Quantile(0.999), Max: l.Max}
}

// WriteVegeta writes the figures over all the way vegeta does: text, json or hdr.
func (t *Tally) WriteVegeta(w io.Writer, format string) error {
	switch format {
	case "json":
		return vegeta.NewJSONReporter(t.all).Report(w)
	case "hdr":
		return vegeta.NewHDRHistogramPlotReporter(t.all).Report(w)
	case "text":
		return vegeta.NewTextReporter(t.all).Report(w)
	}
	return fmt.Errorf("vegeta's reports are text, json and hdr, not %q", format)
}
