package audit

import (
	"cmp"
	"math"
	"slices"
	"time"

	"hookonce/replay"
)

// write is a version on its way into a subject. done is when it was acknowledged, and
// never for a write that nobody acknowledged: it may have happened at any time, or not at all.
type write struct {
	version    string
	call, done time.Duration
}

// read is a version seen as a subject's state at some moment from call to done.
type read struct {
	version    string
	call, done time.Duration
}

const never = time.Duration(math.MaxInt64)

// breach is a read that no order of the writes explains.
type breach struct {
	read int // its index
	// newer is the index of the write, or newerRead of the read, that was over before; -1 for none.
	newer, newerRead int
}

// illegalReads applies the linear rule to a register that only ever takes a newer version: a read of
// version v is legal iff max(call, S) <= min(done, D), where S is the first call of a write of v and D the
// first end of an acknowledged write, or of a read, of something newer. A version
// that no write brings was there from the start. It takes O(n log n).
func illegalReads(writes []write, reads []read) []breach {
	all := make([]operation, 0, len(writes)+len(reads))
	for i, w := range writes {
		all = append(all, operation{version: w.version, call: w.call, done: w.done, i: i})
	}
	for i, r := range reads {
		all = append(all, operation{version: r.version, call: r.call, done: r.done, i: i, isRead: true})
	}
	slices.SortStableFunc(all, func(a, b operation) int { return replay.CompareVersions(b.version, a.version) })
	var out []breach
	newest := operation{done: never, i: -1}
	for len(all) > 0 {
		same := 1
		for same < len(all) && replay.CompareVersions(all[0].version, all[same].version) == 0 {
			same++
		}
		out = append(out, breaches(all[:same], newest)...)
		for _, o := range all[:same] {
			if o.done < newest.done {
				newest = o
			}
		}
		all = all[same:]
	}
	slices.SortFunc(out, func(a, b breach) int { return cmp.Compare(a.read, b.read) })
	return out
}

type operation struct {
	version    string
	call, done time.Duration
	i          int
	isRead     bool
}

// breaches judges the reads among operations of one version, given what was over first of anything newer.
func breaches(same []operation, newest operation) []breach {
	first, written := never, false
	for _, o := range same {
		if !o.isRead {
			first, written = min(first, o.call), true
		}
	}
	if !written {
		first = 0
	}
	var out []breach
	for _, o := range same {
		if !o.isRead || max(o.call, first) <= min(o.done, newest.done) {
			continue
		}
		b := breach{read: o.i, newer: -1, newerRead: -1}
		switch {
		case max(o.call, first) <= newest.done: // it only comes before its write
		case newest.isRead:
			b.newerRead = newest.i
		default:
			b.newer = newest.i
		}
		out = append(out, b)
	}
	return out
}
