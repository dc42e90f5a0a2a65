package cmd

import (
	"bufio"
	"fmt"
	"sync"
	"sync/atomic"

	"hookonce/replay/record"
)

// maxUnseen is how many lines of the live list may wait for a slow terminal.
const maxUnseen = 1000

// sightings is the live list of a recorder: it writes on its own time, so that no webhook waits for a
// terminal. What comes too fast is counted and not shown.
type sightings struct {
	s     *Streams
	lines chan func() string
	left  atomic.Int64 // lines left out
	stop  chan struct{}
	done  chan struct{}
	once  sync.Once
}

func newSightings(s *Streams) *sightings {
	l := &sightings{s: s, lines: make(chan func() string, maxUnseen), stop: make(chan struct{}), done: make(chan struct{})}
	go l.write()
	return l
}

func (l *sightings) write() {
	defer close(l.done)
	w := bufio.NewWriter(l.s.Err)
	for {
		var line func() string
		select {
		case line = <-l.lines:
		default:
			_ = w.Flush() // the list is for looking at only
			select {
			case line = <-l.lines:
			case <-l.stop:
				l.leftOut(w)
				_ = w.Flush()
				return
			}
		}
		l.leftOut(w)
		fmt.Fprintln(w, safe(line()))
	}
}

func (l *sightings) leftOut(w *bufio.Writer) {
	if n := l.left.Swap(0); n > 0 {
		fmt.Fprintf(w, "       ... %d more\n", n)
	}
}

// see shows a webhook.
func (l *sightings) see(s record.Sighting) { l.show(func() string { return describe(s) }) }

// say shows a message.
func (l *sightings) say(format string, a ...any) {
	text := fmt.Sprintf(format, a...)
	l.show(func() string { return text })
}

func (l *sightings) show(line func() string) {
	select {
	case l.lines <- line:
	default:
		l.left.Add(1)
	}
}

// close shows what waits.
func (l *sightings) close() {
	l.once.Do(func() { close(l.stop) })
	<-l.done
}
