// Command stream measures what an audit of a history takes that is too large for memory: it makes the records of a load as they
// would come, gives them to an audit.Stream (and, with -journal, writes them to a file), judges them, and prints the
// verdict, the time and the peak of the resident memory.
//
//	go run ./testdata/bench/stream -deliveries 10000000
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"syscall"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
	"hookonce/replay/journal"
)

func main() {
	n := flag.Int("deliveries", 10_000_000, "how many deliveries")
	size := flag.Int("body", 4096, "bytes of each event's body")
	file := flag.String("journal", "", "write the journal there, too")
	limit := flag.Int64("memory", 120, "soft limit of the Go heap in MiB")
	flag.Parse()
	debug.SetMemoryLimit(*limit << 20)
	if err := measure(*n, *size, *file); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func measure(n, size int, file string) error {
	s, err := audit.NewStream(audit.StreamOptions{})
	if err != nil {
		return err
	}
	defer s.Close()
	m := &maker{add: s.Add, body: bytes.Repeat([]byte("x"), size)}
	if file != "" {
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		defer f.Close()
		w := journal.NewWriter(f, nil)
		defer w.Close()
		m.add = func(r replay.Record) error {
			if err := s.Add(r); err != nil {
				return err
			}
			return w.Write(r)
		}
	}
	began := time.Now()
	if err := m.make(n); err != nil {
		return err
	}
	added := time.Now()
	v, err := s.Judge()
	if err != nil {
		return err
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return err
	}
	fmt.Printf("%d deliveries of %d bytes, %d events: %s, %d findings of double processing, %d events right, %d wrong\n",
		m.n, size, m.events, v.Verdict, v.Checks[0].Findings, v.Score.Right, v.Score.Wrong)
	fmt.Printf("added in %.1f s, judged in %.1f s, CPU %.1f s user + %.1f s system, peak %.0f MB resident\n", added.Sub(began).Seconds(),
		time.Since(added).Seconds(), seconds(used.Utime), seconds(used.Stime), float64(used.Maxrss)*1024/1e6)
	return nil
}

func seconds(t syscall.Timeval) float64 { return time.Duration(t.Nano()).Seconds() }

// maker makes the records of a load: of ten events, seven are delivered once, two have duplicates, one is raced; one
// in a thousand is processed twice. Every third refers to the subject of the one before.
type maker struct {
	add       func(replay.Record) error
	body      []byte
	n, events int
	gates     int
	now       time.Duration
	err       error
}

func (m *maker) put(r replay.Record) {
	if m.err == nil {
		m.err = m.add(r)
	}
}

func (m *maker) make(deliveries int) error {
	m.put(replay.Record{Header: &replay.Header{Schema: replay.JournalSchema, Patience: 10 * time.Second, TimeScale: 1,
		Profile: replay.Profile{Name: "test", RetrySpan: 72 * time.Hour}, Sources: []replay.SourceInfo{{Label: "sink", Exact: true, Counts: true}}}})
	m.put(replay.Record{Plan: &replay.PlanHead{Schema: replay.PlanSchema, Seed: 1, Provider: "test", Open: true}})
	for range 40 {
		m.event(replay.PhaseControl, 1, false)
	}
	m.put(replay.Record{Mark: &replay.Mark{Kind: replay.MarkPhase, At: m.now, Phase: replay.PhaseFault}})
	for m.n < deliveries && m.err == nil {
		switch m.events % 10 {
		case 3, 7:
			m.event(replay.PhaseFault, 3, false)
		case 9:
			m.event(replay.PhaseFault, 2, true)
		default:
			m.event(replay.PhaseFault, 1, false)
		}
	}
	m.put(replay.Record{Mark: &replay.Mark{Kind: replay.MarkSettled, At: m.now, Quiet: true}})
	m.put(replay.Record{End: &replay.End{Stats: replay.Stats{Deliveries: m.n, Attempts: m.n, Elapsed: m.now}}})
	return m.err
}

func (m *maker) event(phase replay.Phase, copies int, raced bool) {
	i := m.events
	m.events++
	key := "evt_" + strconv.Itoa(1_000_000_000_000+i)
	copy(m.body, key)
	sum := sha256.Sum256(m.body)
	kind := strconv.Itoa(i % 20)
	subject := i - i%3/2 // every third shares its subject with the one before
	m.put(replay.Record{Event: &replay.Event{Key: key, Type: "type." + kind, Fixture: "fixtures/" + kind + ".json", Provider: "test",
		Subject: "sub_" + strconv.Itoa(subject), Version: strconv.Itoa(1_700_000_000 + i%3), SHA256: hex.EncodeToString(sum[:])}})
	first := m.n + 1
	if raced {
		m.gates++
	}
	for j := range copies {
		m.n++
		d := replay.Delivery{N: m.n, Event: key, Phase: phase, Role: replay.RoleFirst, At: m.now}
		switch {
		case raced:
			d.Role, d.Fault, d.Gate = replay.RoleDuplicate, "race", m.gates
		case j > 0:
			d.Role, d.Fault = replay.RoleDuplicate, "duplicate"
		}
		m.put(replay.Record{Delivery: &d})
	}
	for j := range copies {
		at := m.now
		if !raced {
			at += time.Duration(j) * 11 * time.Millisecond
		}
		m.put(replay.Record{Attempt: &replay.Attempt{Delivery: first + j, Event: key, Start: at, LastByte: at + 100*time.Microsecond,
			FirstByte: at + 9*time.Millisecond, End: at + 10*time.Millisecond, Status: 200, Outcome: replay.Acked, Body: `{"ok":true}`}})
	}
	effects := 1
	if i%1000 == 999 {
		effects = 2
	}
	for range effects {
		m.put(replay.Record{Effect: &replay.Effect{Source: "sink", Name: "charge", Key: key, Count: 1, At: m.now + 8*time.Millisecond, Since: m.now + 8*time.Millisecond}})
	}
	m.now += time.Duration(copies) * 11 * time.Millisecond
}
