package cmd

import (
	"errors"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// wholeInMemory is the size, in bytes, up to which a journal is held in memory as a whole. Larger ones are judged as
// a stream, to the same verdict, and shown without pictures of everything that happened.
const wholeInMemory = 256 << 20

// streamMemory is how much the heap may grow, in bytes, while a journal is judged as a stream: a soft limit.
const streamMemory = 120 << 20

// limitMemory sets that limit, until the function it returns is called. What a run holds already does not count.
func limitMemory() (restore func()) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before := debug.SetMemoryLimit(int64(m.HeapInuse) + streamMemory)
	return func() { debug.SetMemoryLimit(before) }
}

func isLarge(path string, most int64) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Size() > most
}

// judgeJournal reads a journal and judges it. Of a large one it returns what its verdict speaks of.
func judgeJournal(path string, most int64) (replay.Journal, audit.Verdict, error) {
	if isLarge(path, most) {
		return judgeLarge(path)
	}
	j, err := readJournal(path)
	if err != nil {
		return j, audit.Verdict{}, err
	}
	return j, audit.Judge(j.Target, j.Reference), nil
}

func judgeLarge(path string) (replay.Journal, audit.Verdict, error) {
	defer limitMemory()()
	s, err := audit.NewStream(audit.StreamOptions{})
	if err != nil {
		return replay.Journal{}, audit.Verdict{}, err
	}
	defer s.Close()
	var late lateAges
	torn, err := eachRecord(path, func(r replay.Record) error {
		late.take(r)
		return s.Add(r)
	})
	if err != nil {
		return replay.Journal{}, audit.Verdict{}, err
	}
	v, err := s.Judge()
	if errors.Is(err, replay.ErrJournal) {
		return replay.Journal{}, v, journalError(path, err)
	}
	if err != nil {
		return replay.Journal{}, v, err
	}
	j, v, err := excerpted(path, s.Head(), late, v)
	j.Torn = torn
	return j, v, err
}

// excerpted is the part of a journal that can be shown, and its verdict, which says so.
func excerpted(path string, head replay.Journal, late lateAges, v audit.Verdict) (replay.Journal, audit.Verdict, error) {
	v.Notes = append(v.Notes, "the journal is too large for pictures of all that happened: latency, activity and timelines show the findings' events only")
	j, err := excerpt(path, head, late, v)
	return j, v, err
}

// lateAges are deliveries of late duplicates, one of each age: what was to be tested is part of every report.
type lateAges []replay.Delivery

func (l *lateAges) take(r replay.Record) {
	d := r.Delivery
	if d != nil && d.Role == replay.RoleLate && !slices.ContainsFunc(*l, func(o replay.Delivery) bool { return o.Wait == d.Wait }) {
		*l = append(*l, *d)
	}
}

func (l lateAges) has(d *replay.Delivery) bool {
	return slices.ContainsFunc(l, func(o replay.Delivery) bool { return o.N == d.N })
}

// eachRecord gives the records of a journal to f, one after another.
func eachRecord(path string, f func(replay.Record) error) (torn bool, err error) {
	file, err := openJournal(path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	d := replay.NewDecoder(file)
	var r replay.Record
	for {
		switch err := d.Decode(&r); {
		case errors.Is(err, io.EOF):
			return d.Torn(), nil
		case err != nil:
			return false, journalError(path, err)
		}
		if err := f(r); errors.Is(err, audit.ErrSpill) {
			return false, err
		} else if err != nil {
			return false, journalError(path, &replay.LineError{Line: d.Line(), Err: err})
		}
	}
}

// excerpt is the part of a journal that a verdict's findings are about. Without any, the journal need not be read again.
func excerpt(path string, head replay.Journal, late lateAges, v audit.Verdict) (replay.Journal, error) {
	if len(v.Findings) == 0 {
		head.Target.Plan.Deliveries = append(head.Target.Plan.Deliveries, late...)
		return head, nil
	}
	spoken := map[string]bool{}
	for _, x := range v.Findings {
		spoken[x.Event], spoken[x.Subject] = true, true
	}
	delete(spoken, "")
	_, err := eachRecord(path, func(r replay.Record) error {
		switch {
		case r.Event != nil && (spoken[r.Event.Key] || spoken[r.Event.Subject]):
			spoken[r.Event.Key] = true
		case r.Delivery != nil && (late.has(r.Delivery) || spoken[r.Delivery.Event]):
		case r.Attempt != nil && spoken[r.Attempt.Event], r.Lock != nil && spoken[r.Lock.Event]:
		case r.Effect != nil && (spoken[r.Effect.Key] || spoken[r.Effect.Subject]), r.Body != nil && spoken[r.Body.Event]:
		default:
			return nil
		}
		return head.Add(r)
	})
	return head, err
}
