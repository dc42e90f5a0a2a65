package simulate

import (
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Step is one line of a trace: what happened when, and in which delivery.
type Step struct {
	At time.Duration
	// Delivery is the number of the delivery; 0 for what belongs to none, such as a key that expires.
	Delivery int
	Event    string
	What     string
}

// maxWhat bounds what a step says of a command.
const maxWhat = 300

func (s *simulation) tell(delivery int, what string) {
	if s.o.Trace == nil {
		return
	}
	step := Step{At: s.sched.now, Delivery: delivery, What: what}
	if d := s.deliveries[delivery]; d != nil {
		step.Event = d.Event
	}
	s.o.Trace(step)
}

func (s *simulation) tellCommands(w *worker, cmds []redis.Cmder) {
	if s.o.Trace == nil {
		return
	}
	for _, cmd := range cmds {
		what := cmd.String()
		if s.prefix != "" {
			what = strings.ReplaceAll(what, s.prefix, "")
		}
		s.tell(w.delivery(), strings.ToValidUTF8(what[:min(len(what), maxWhat)], ""))
	}
}

func outcome(what string, err error) string {
	if err != nil {
		return what + ": " + err.Error()
	}
	return what
}
