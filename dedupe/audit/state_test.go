package audit_test

import (
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func deletes(e *replay.Event) { e.Deletes = true }

func (s *tale) gone(subject, version string) {
	s.h.Effects = append(s.h.Effects, replay.Effect{Source: "sink", Subject: subject, Version: version, Deleted: true, At: s.now, Since: s.now})
}

// withDeletion is stateful, and control deletes a subject, too.
func withDeletion(t *testing.T) *tale {
	s := stateful(t)
	s.lifecycle(replay.PhaseControl, "cus_d", "10")
	s.state("cus_d", "10", s.now)
	s.deletion(replay.PhaseControl, "cus_d")
	s.gone("cus_d", "10")
	return s
}

// deletion deletes a subject with version 11.
func (s *tale) deletion(phase replay.Phase, name string) {
	key := s.event("deleted", subject(name, "11"), deletes)
	d := replay.Delivery{Phase: phase}
	if phase == replay.PhaseFault {
		d.Fault = "retry"
	}
	s.effect(key, s.deliver(key, d, 200).End-2*ms)
}

// A row that is gone is told with its last version, and is no step back from the deletion.
func TestDeletionIsRight(t *testing.T) {
	s := withDeletion(t)
	s.lifecycle(replay.PhaseFault, "cus_1", "10")
	s.state("cus_1", "10", s.now)
	s.deletion(replay.PhaseFault, "cus_1")
	s.gone("cus_1", "10")
	s.lifecycle(replay.PhaseFault, "cus_1", "9") // comes late, and is discarded
	expect(t, s.settle(), audit.Pass)
}

func TestResurrect(t *testing.T) {
	s := withDeletion(t)
	s.lifecycle(replay.PhaseFault, "cus_1", "9")
	s.state("cus_1", "9", s.now)
	s.deletion(replay.PhaseFault, "cus_1")
	s.gone("cus_1", "9")
	s.lifecycle(replay.PhaseFault, "cus_1", "10")
	s.state("cus_1", "10", s.now)
	v := s.settle()
	expect(t, v, audit.Fail, "resurrect", "stale-final")
	if f := v.Findings[len(v.Findings)-1]; !strings.Contains(f.Message, "version 11") {
		t.Errorf("message %q", f.Message)
	}
}

// An event newer than the deletion makes the subject anew.
func TestRecreatedIsNotResurrected(t *testing.T) {
	s := withDeletion(t)
	s.lifecycle(replay.PhaseControl, "cus_e", "12")
	s.state("cus_e", "12", s.now)
	s.lifecycle(replay.PhaseFault, "cus_1", "9")
	s.state("cus_1", "9", s.now)
	s.deletion(replay.PhaseFault, "cus_1")
	s.gone("cus_1", "11")
	s.lifecycle(replay.PhaseFault, "cus_1", "12")
	s.state("cus_1", "12", s.now)
	expect(t, s.settle(), audit.Pass)
}

func TestCorruptFinal(t *testing.T) {
	for final, codes := range map[string][]string{
		"10": nil, "8": {"corrupt-final", "stale-final"},
		"11": nil, // the object was fetched, and is newer by now
	} {
		s := stateful(t)
		s.lifecycle(replay.PhaseFault, "cus_1", "9", "10")
		s.state("cus_1", final, s.now)
		want := audit.Pass
		if codes != nil {
			want = audit.Fail
		}
		expect(t, s.settle(), want, codes...)
	}
}

// Where the source shortens the version of one fixture, nothing is said of subjects it is about.
func TestShortenedVersionsAreNotCorrupt(t *testing.T) {
	s := newTale(t)
	for _, v := range []string{"2026-01-01T00:00:00Z", "2026-01-01T00:00:01.5Z"} {
		key := s.event("at-"+v, subject("alone_"+v, v))
		s.effect(key, s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 200).End-2*ms)
		s.state("alone_"+v, v[:19]+"Z", s.now)
	}
	key := s.event("at-2026-01-01T00:00:01.5Z", subject("cus_1", "2026-01-01T00:00:01.5Z"))
	s.effect(key, s.deliver(key, replay.Delivery{Fault: "duplicate"}, 200).End-2*ms)
	s.state("cus_1", "2026-01-01T00:00:01Z", s.now)
	s.duplicateOf(key, 200)
	expect(t, s.settle(), audit.Pass)
}

// A database and its cache tell the same story at different times.
func TestTwoSourcesAreNotCompared(t *testing.T) {
	s := stateful(t)
	s.h.Header.Sources = append(s.h.Header.Sources, replay.SourceInfo{Label: "cache", States: true})
	s.lifecycle(replay.PhaseFault, "cus_1", "9", "10")
	s.state("cus_1", "9", s.now)
	s.state("cus_1", "10", s.now+ms)
	for i, v := range []string{"9", "10"} {
		at := s.now + time.Duration(i+1)*50*ms
		s.h.Effects = append(s.h.Effects, replay.Effect{Source: "cache", Subject: "cus_1", Version: v, Since: s.now, At: at})
	}
	expect(t, s.settle(), audit.Pass)
}

// The newer version was acknowledged, and was there by then, as control showed: the older
// one must not be seen afterwards, even if nobody looked in between.
func TestOlderThanAcknowledged(t *testing.T) {
	for name, tc := range map[string]struct {
		early, committed, lost bool
		want                   audit.Status
		codes                  []string
	}{
		"sampled": {early: true, want: audit.Fail, codes: []string{"regress"}},
		// Control showed states after the acknowledgement: nothing follows from one.
		"asynchronous": {want: audit.Pass},
		// A source that tells all commits never told the newer one: it was not there.
		"committed": {early: true, committed: true, want: audit.Pass},
		"lost":      {early: true, lost: true, want: audit.Fail, codes: []string{"lost-event"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.h.Header.Sources = []replay.SourceInfo{{Label: "sink", Counts: true, States: true, Committed: tc.committed}}
			for _, v := range []string{"9", "10"} {
				key := s.event("updated-"+v, subject("alone_"+v, v))
				a := s.deliver(key, replay.Delivery{Phase: replay.PhaseControl}, 200)
				s.effect(key, a.End-2*ms)
				at := a.End - 2*ms
				if !tc.early {
					at = a.End + 2*ms
				}
				s.state("alone_"+v, v, at)
			}
			for _, v := range []string{"10", "9"} {
				key := s.event("updated-"+v, subject("cus_1", v))
				if a := s.deliver(key, replay.Delivery{Fault: "reorder"}, 200); !tc.lost || v == "9" {
					s.effect(key, a.End-2*ms)
				}
			}
			s.state("cus_1", "9", s.now)
			s.state("cus_1", "10", s.now+ms)
			expect(t, s.settle(), tc.want, tc.codes...)
		})
	}
}

// A subject that is seen at the version of its deletion was gone, though the source does not say so.
func TestVersionOfADeletionIsOne(t *testing.T) {
	s := newTale(t)
	s.control("paid", 1, subject("sub_c", "1"))
	s.state("sub_c", "1", s.now)
	for _, version := range []string{"8", "7"} {
		key := s.event("paid", subject("sub_1", version), func(e *replay.Event) { e.Deletes = version == "8" })
		a := s.deliver(key, replay.Delivery{Fault: "reorder"}, 200)
		s.effect(key, a.End-2*ms)
		s.state("sub_1", version, a.End-ms)
	}
	expect(t, s.settle(), audit.Fail, "resurrect", "stale-final")
}
