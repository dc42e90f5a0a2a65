package cmd

import (
	"hookonce/dedupe/audit"
	"hookonce/replay"
)

// beside judges a run that is too long to be held in memory while it is recorded: reading its journal again in the end would take longer.
// What goes wrong with it is no harm, because the journal has everything, too.
type beside struct {
	stream *audit.Stream // nil from when it cannot be used any more
	late   lateAges
}

func newBeside() *beside {
	s, err := audit.NewStream(audit.StreamOptions{})
	if err != nil {
		return &beside{}
	}
	return &beside{stream: s}
}

// take takes a record, in the order of the journal.
func (b *beside) take(r replay.Record) {
	if b.stream == nil {
		return
	}
	b.late.take(r)
	if b.stream.Add(r) != nil {
		b.drop()
	}
}

// drop frees what it holds.
func (b *beside) drop() {
	if b != nil && b.stream != nil {
		_ = b.stream.Close()
		b.stream = nil
	}
}

// judge gives the verdict over all that is in the journal at the path; ok is false where that has to be read for it.
func (b *beside) judge(path string) (j replay.Journal, v audit.Verdict, ok bool, err error) {
	if b == nil || b.stream == nil {
		return j, v, false, nil
	}
	defer limitMemory()()
	if v, err = b.stream.Judge(); err != nil {
		return j, v, false, nil
	}
	j, v, err = excerpted(path, b.stream.Head(), b.late, v)
	return j, v, true, err
}
