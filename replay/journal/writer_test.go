package journal_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"hookonce/replay"
	"hookonce/replay/journal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func attempt(i int) replay.Record {
	return replay.Record{Attempt: &replay.Attempt{Delivery: i, Event: "evt_1", Outcome: replay.Acked}}
}

func numbers(t *testing.T, text []byte) []int {
	t.Helper()
	var out []int
	d := replay.NewDecoder(bytes.NewReader(text))
	for {
		var r replay.Record
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		out = append(out, r.Attempt.Delivery)
	}
}

// What one goroutine records stays in its order, and nothing is lost, whoever else records.
func TestEverythingIsWritten(t *testing.T) {
	var file bytes.Buffer
	w := journal.NewWriter(&file, nil)
	var told []int // what stands in the file, in its order
	w.Tell(func(r replay.Record) { told = append(told, r.Attempt.Delivery) })
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 5000 {
				if err := w.Write(attempt(g*5000 + i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	last := [4]int{-1, 4999, 9999, 14999}
	got := numbers(t, file.Bytes())
	for _, n := range got {
		if g := n / 5000; n != last[g]+1 {
			t.Fatalf("%d came after %d", n, last[g])
		} else {
			last[g] = n
		}
	}
	if len(got) != 20_000 || !slices.Equal(got, told) {
		t.Errorf("%d of 20,000 records, %d told", len(got), len(told))
	}
	if err := w.Write(attempt(1)); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// slow is a disk that lets nobody in until it is told to.
type slow struct {
	bytes.Buffer
	open chan struct{}
}

func (s *slow) Write(p []byte) (int, error) {
	<-s.open
	return s.Buffer.Write(p)
}

// A disk that does not keep up holds up those who record, instead of filling the memory or losing anything.
func TestBackPressure(t *testing.T) {
	for name, body := range map[string]int{"records": 0, "bodies": replay.MaxBody} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				disk := &slow{open: make(chan struct{})}
				w := journal.NewWriter(disk, nil)
				given := 0
				go func() {
					for i := range 100_000 {
						r := attempt(i)
						r.Attempt.Body = strings.Repeat("x", body)
						if i == 300 && body > 0 {
							break
						}
						if err := w.Write(r); err != nil {
							t.Error(err)
						}
						given++
					}
					w.Close()
				}()
				time.Sleep(time.Minute)
				synctest.Wait()
				if given == 0 || given > 66_000 || body > 0 && given > 140 {
					t.Errorf("%d records were taken by a disk that takes none", given)
				}
				close(disk.open)
				synctest.Wait()
				if got := len(numbers(t, disk.Bytes())); got != given || got < 300 {
					t.Errorf("%d records written of %d", got, given)
				}
			})
		})
	}
}

// A record is with the kernel after the delay, though nothing comes after it; a killed process loses no more than that.
func TestDelayIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var file bytes.Buffer
		w := journal.NewWriter(&file, nil)
		defer w.Close()
		for i := range 3 {
			w.Write(attempt(i))
		}
		time.Sleep(journal.Delay + time.Nanosecond)
		synctest.Wait()
		if got := numbers(t, file.Bytes()); len(got) != 3 {
			t.Errorf("%v", got)
		}
	})
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

// A failure is told once, and to everybody who records afterwards.
func TestFailure(t *testing.T) {
	told := make(chan error, 2)
	w := journal.NewWriter(full{}, func(err error) { told <- err })
	w.Tell(func(r replay.Record) { t.Errorf("told of what is not written: %+v", r) })
	if err := w.Write(attempt(1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err == nil {
		t.Error("flushed to a full disk")
	}
	if err := w.Write(attempt(2)); err == nil || fmt.Sprint(err) != fmt.Sprint(<-told) {
		t.Errorf("%v", err)
	}
	if err := w.Close(); err == nil || len(told) != 0 {
		t.Errorf("closed: %v; told %d times more", err, len(told))
	}
}

// crowded is a disk that is full when it is first written to, in the midst of a line, and has room again afterwards.
type crowded struct {
	bytes.Buffer
	meanwhile func()
}

func (c *crowded) Write(p []byte) (int, error) {
	if c.Len() > 0 {
		return c.Buffer.Write(p)
	}
	c.Buffer.Write(p[:len(p)-10])
	c.meanwhile()
	return len(p) - 10, errors.New("no space")
}

// What was taken while a write failed does not come behind its torn line, though there is room again, and nobody is told that it is written.
func TestNothingIsWrittenAfterAFailure(t *testing.T) {
	disk := &crowded{}
	w := journal.NewWriter(disk, nil)
	w.Tell(func(r replay.Record) { t.Errorf("told of what is not written: %+v", r) })
	disk.meanwhile = func() {
		if err := w.Write(attempt(2)); err != nil {
			t.Error(err)
		}
	}
	if err := w.Write(attempt(1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err == nil || err.Error() != "no space" {
		t.Errorf("closed: %v", err)
	}
	if strings.Contains(disk.String(), "\n") {
		t.Errorf("written after the failure: %s", disk.String())
	}
}
