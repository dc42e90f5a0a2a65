package audit_test

import (
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// An event that is refused to the end is stuck if a claim from before would have expired, and not known to be otherwise.
func TestStuckOnlyIfClaimsExpired(t *testing.T) {
	for name, c := range map[string]struct {
		header replay.Header
		apart  time.Duration // between the two fault-free attempts
		want   audit.Status
		codes  []string
	}{
		"real waits":                 {replay.Header{TimeScale: 1}, 10 * ms, audit.Fail, []string{"stuck"}},
		"scaled waits":               {replay.Header{TimeScale: 0.001}, 10 * ms, audit.Inconclusive, nil},
		"scaled, and too soon":       {replay.Header{TimeScale: 0.001, Lease: time.Minute}, 59 * time.Second, audit.Inconclusive, nil},
		"scaled, and waited for":     {replay.Header{TimeScale: 0.001, Lease: time.Minute}, 61 * time.Second, audit.Fail, []string{"stuck"}},
		"the endpoint's clock moved": {replay.Header{TimeScale: 0.001, Lease: time.Hour, ClockMoved: true}, 10 * ms, audit.Fail, []string{"stuck"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.h.Header.TimeScale, s.h.Header.Lease, s.h.Header.ClockMoved = c.header.TimeScale, c.header.Lease, c.header.ClockMoved
			s.control("paid", 1)
			key := s.event("paid")
			s.deliver(key, replay.Delivery{Fault: "timeout"}, 503)
			tail := replay.Delivery{Phase: replay.PhaseTail, Role: replay.RoleRedelivery}
			s.deliver(key, tail, 503)
			s.now += c.apart
			s.deliver(key, tail, 503)
			v := s.settle()
			expect(t, v, c.want, c.codes...)
			if missing := strings.Join(v.Missing, "\n"); strings.Contains(missing, "--lease") != (c.want == audit.Inconclusive) {
				t.Errorf("missing: %s", missing)
			}
		})
	}
}

// What became of an attempt without an answer is not known, not even of several: that is no proof that the event is never acknowledged, and no
// pass either.
func TestStuckOnlyIfAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		answers []int // 0 for none in time
		want    audit.Status
		codes   []string
	}{
		"refused twice":          {[]int{503, 503}, audit.Fail, []string{"stuck"}},
		"refused, late, refused": {[]int{503, 0, 503}, audit.Fail, []string{"stuck"}},
		"late, then refused":     {[]int{0, 503}, audit.Inconclusive, nil},
		"always late":            {[]int{0, 0, 0}, audit.Inconclusive, nil},
		"late, then taken":       {[]int{0, 200}, audit.Pass, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTale(t)
			s.h.Header.TimeScale = 1
			s.control("paid", 1)
			key := s.event("paid")
			s.deliver(key, replay.Delivery{Fault: "timeout"}, 503)
			for i, status := range c.answers {
				tail := replay.Delivery{Phase: replay.PhaseTail, Role: replay.RoleRedelivery}
				s.deliver(key, tail, status)
				if status == 200 {
					s.effect(key, s.now)
				}
				s.now += time.Duration(i+1) * ms
			}
			v := s.settle()
			expect(t, v, c.want, c.codes...)
			if missing := strings.Join(v.Missing, "\n"); strings.Contains(missing, "got no answer in time") != (c.want == audit.Inconclusive) {
				t.Errorf("missing: %s", missing)
			}
		})
	}
}
