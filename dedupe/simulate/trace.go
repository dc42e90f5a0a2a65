package simulate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"hookonce/dedupe/reference"
)

// The kinds of steps a trace has besides those that mishaps can strike.
const (
	StepPhase  StepKind = "phase"  // a phase of the plan begins
	StepSend   StepKind = "send"   // the sender begins
	StepSender StepKind = "sender" // the sender gives up
	StepMishap StepKind = "mishap" // a mishap strikes
	StepExpiry StepKind = "expiry" // a key's time is up
	StepDriver StepKind = "driver" // the Redis driver does something by itself
)

// Step is one line of a trace: what happened when, and in which delivery.
type Step struct {
	At   time.Duration
	Kind StepKind
	// Delivery is the number of the delivery; 0 for what belongs to none, such as a key that expires.
	Delivery int
	Event    string
	// Beat says that the delivery's heartbeat did it, and not the handler.
	Beat bool
	// What it was, for people.
	What string
	// Err is what the handler was told went wrong; empty for nothing.
	Err string
	// Committed is how many effects and states it put into the ledger.
	Committed int
	// Command is set with StepCommand.
	Command *Command
	// Status is set with StepAnswer; Heard says that the sender still waited for it.
	Status int
	Body   string
	Heard  bool
}

// Command is a command to Redis, or a call of the guard's store.
type Command struct {
	// Name is lower case; a script's is what its leading comment says.
	Name  string
	Args  []string
	Reply string
	// Keys are the keys it touched, as they are afterwards. Only the model engine tells.
	Keys []Key
}

// Key is what a key of Redis holds.
type Key struct {
	Name, Value string
	There       bool
	TTL         time.Duration // 0 for ever
}

// maxWhat bounds what a step says of a command.
const maxWhat = 300

// tell tells a step, whose moment and event it fills in. Callers that have to make words first ask whether anybody listens.
func (s *simulation) tell(step Step) {
	if s.o.Trace == nil {
		return
	}
	step.At = s.sched.now
	if d := s.deliveries[step.Delivery]; d != nil {
		step.Event = d.Event
	}
	step.What = strings.ToValidUTF8(step.What[:min(len(step.What), maxWhat)], "")
	s.o.Trace(step)
}

// told tells a simple step.
func (s *simulation) told(kind StepKind, delivery int, what string) {
	s.tell(Step{Kind: kind, Delivery: delivery, What: what})
}

func (s *simulation) tellCommands(w *worker, cmds []redis.Cmder, keys []string) {
	if s.o.Trace == nil {
		return
	}
	for _, cmd := range cmds {
		step := Step{Kind: StepCommand, Delivery: w.delivery(), Beat: w.beat, What: s.bare(cmd.String()), Command: s.command(cmd)}
		if err := cmd.Err(); err != nil && !errors.Is(err, redis.Nil) {
			step.Err = err.Error()
		}
		if show, can := s.keys.(shower); can {
			for _, key := range keys {
				step.Command.Keys = append(step.Command.Keys, show.show(key))
			}
		}
		s.tell(step)
	}
}

// bare is a text without the simulation's own prefix of keys.
func (s *simulation) bare(text string) string {
	if s.prefix == "" {
		return text
	}
	return strings.ReplaceAll(text, s.prefix, "")
}

func (s *simulation) command(cmd redis.Cmder) *Command {
	c := &Command{Name: strings.ToLower(cmd.Name())}
	for _, a := range cmd.Args()[1:] {
		c.Args = append(c.Args, s.bare(fmt.Sprint(a)))
	}
	if c.Name == "eval" && len(c.Args) > 0 {
		c.Name = scriptName(c.Args[0])
	}
	c.Reply = replyOf(cmd)
	return c
}

// scriptName is the leading comment of a script, or "script".
func scriptName(source string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(source), "\n")
	if name, is := strings.CutPrefix(first, "--"); is && strings.TrimSpace(name) != "" {
		return strings.TrimSpace(name)
	}
	return "script"
}

func replyOf(cmd redis.Cmder) string {
	if errors.Is(cmd.Err(), redis.Nil) {
		return "none"
	}
	switch c := cmd.(type) {
	case *redis.StatusCmd:
		return c.Val()
	case *redis.BoolCmd:
		return yes(c.Val())
	case *redis.IntCmd:
		return fmt.Sprint(c.Val())
	case *redis.StringCmd:
		return c.Val()
	case *redis.Cmd:
		return fmt.Sprint(c.Val())
	}
	text := cmd.String()
	return text[strings.LastIndex(text, ": ")+1:]
}

// act runs a visible act of a worker as one step, and tells what came of it.
func (s *simulation) act(ctx context.Context, kind StepKind, what string, act func() error, command func() *Command) error {
	w := s.sched.current
	told := false
	tell := func(err error, committed int) {
		if s.o.Trace == nil {
			return
		}
		step := Step{Kind: kind, Delivery: w.delivery(), Beat: w.beat, What: what, Committed: committed}
		if err != nil {
			step.Err = err.Error()
			step.What += ": " + step.Err
		} else if command != nil {
			step.Command = command()
		}
		s.tell(step)
	}
	err := s.step(ctx, w, kind, what, s.cost(), func() error {
		before := len(s.history.Effects)
		err := act()
		if !errors.Is(err, reference.ErrBlocked) {
			told = true
			tell(err, len(s.history.Effects)-before)
		}
		return err
	})
	if told && errors.Is(err, errTimeout) || !told {
		tell(err, 0)
	}
	return err
}
