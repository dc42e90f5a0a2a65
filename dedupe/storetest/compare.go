package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe"
	"hookonce/dedupe/modelstore"
)

// TransitionsEnv is the environment variable that sets how many transitions Compare runs, for the long run.
const TransitionsEnv = "HOOKONCE_TRANSITIONS"

// roundLength is how many transitions go to one set of names before fresh ones are taken.
const roundLength = 2000

// Compare sends the same random transitions to a store and to the model, under
// one virtual clock, and fails at the first answer that differs. It returns how many times each answer was
// given, so that a caller can see that the run went everywhere.
func Compare(t testing.TB, store func(now func() time.Time) dedupe.Store, seed uint64, transitions int) map[string]int {
	t.Helper()
	if text := os.Getenv(TransitionsEnv); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatalf("%s: %v", TransitionsEnv, err)
		}
		transitions = n
	}
	clock := NewClock()
	w := &walk{clock: clock, rnd: rand.New(rand.NewPCG(seed, 1)), seen: map[string]int{},
		engine: store(clock.Now), model: modelstore.New(clock.Now)}
	for i := range transitions {
		if i%roundLength == 0 {
			w.fresh(fmt.Sprintf("compare %d/%d", seed, i/roundLength))
		}
		if err := w.step(t.Context()); err != nil {
			t.Fatalf("seed %d, transition %d: %v\nthe last steps:\n%s", seed, i, err, strings.Join(w.trace, "\n"))
		}
	}
	return w.seen
}

// walk is one random walk through a store and the model.
type walk struct {
	clock         *Clock
	rnd           *rand.Rand
	engine, model dedupe.Store
	source        string
	versions      []string
	last          call // what a lost reply makes a driver send again
	seen          map[string]int
	trace         []string
}

// call is one call of a store; its text is the answer.
type call struct {
	text string
	do   func(context.Context, dedupe.Store) (string, error)
}

// fresh begins a round: new names, and a few versions that will often be equal.
func (w *walk) fresh(source string) {
	w.source, w.trace, w.last = source, nil, call{}
	all := []string{"1", "9", "10", "9007199254740992", "9007199254740993", "18446744073709551615", "99999999999999999999"}
	first := w.rnd.IntN(len(all) - 2)
	w.versions = append([]string{""}, all[first:first+3]...)
}

func (w *walk) step(ctx context.Context) error {
	c := w.last
	if c.do == nil || w.rnd.IntN(10) > 0 {
		c = w.draw()
	} else {
		c.text += " again"
	}
	w.last = c
	want, errWant := c.do(ctx, w.model)
	got, err := c.do(ctx, w.engine)
	w.note(c.text + " -> " + got)
	if err != nil || errWant != nil || got != want {
		return fmt.Errorf("%s:\nengine %s %v\nmodel  %s %v", c.text, got, err, want, errWant)
	}
	kind, _, _ := strings.Cut(got, " ")
	w.seen[strings.Fields(c.text)[0]+" "+kind]++
	if w.rnd.IntN(3) == 0 {
		w.move()
	}
	return nil
}

// move lets time go by: mostly less than a lease, at times beyond a retention.
func (w *walk) move() {
	d := time.Duration(w.rnd.IntN(30)) * time.Millisecond
	if w.rnd.IntN(40) == 0 {
		d = time.Duration(w.rnd.IntN(600)) * time.Millisecond
	}
	w.clock.Advance(d)
	w.note("+" + d.String())
}

func (w *walk) note(text string) {
	if len(w.trace) > 40 {
		w.trace = w.trace[1:]
	}
	w.trace = append(w.trace, text)
}

// draw makes a random call. Names, tokens and versions are few, so that calls meet.
func (w *walk) draw() call {
	subject := pick(w.rnd, "", "s", "t")
	event, token := pick(w.rnd, "1", "2", "3"), pick(w.rnd, "A", "A", "B")
	version := ""
	if subject != "" {
		version = pick(w.rnd, w.versions...)
	}
	switch w.rnd.IntN(10) {
	case 0, 1, 2, 3:
		return w.claim(subject, event, token, version)
	case 4, 5, 6:
		return w.complete(subject, event, token, version)
	case 7:
		return holdCall("renew", dedupe.Store.Renew, w.hold(subject, event, token))
	case 8:
		return holdCall("release", dedupe.Store.Release, w.hold(subject, event, token))
	}
	source := w.source
	return call{"state " + subject, func(ctx context.Context, s dedupe.Store) (string, error) {
		st, ok, err := s.State(ctx, source, subject)
		return fmt.Sprintf("%v %+v", ok, st), err
	}}
}

func (w *walk) claim(subject, event, token, version string) call {
	c := dedupe.Claim{Source: w.source, Subject: subject, Event: event, Token: token, Version: version,
		AllowTie: w.rnd.IntN(3) == 0, Fingerprint: pick(w.rnd, "", "x", "x", "x", "x", "x", "x", "x", "x", "y"),
		Lease: w.lease(), Retention: w.retention()}
	return call{fmt.Sprintf("claim %+v", c), func(ctx context.Context, s dedupe.Store) (string, error) {
		a, err := s.Claim(ctx, c)
		return fmt.Sprintf("%s %+v", a.Kind, a), err
	}}
}

func (w *walk) complete(subject, event, token, version string) call {
	c := dedupe.Completion{Source: w.source, Subject: subject, Event: event, Token: token, Version: version,
		Over: pick(w.rnd, "", "1", "2", "3"), Tombstone: w.rnd.IntN(4) == 0, Retention: w.retention(),
		Result: pick(w.rnd, "", "stale", "r1"), Data: pick(w.rnd, "", "d1", "d2")}
	return call{fmt.Sprintf("complete %+v", c), func(ctx context.Context, s dedupe.Store) (string, error) {
		done, err := s.Complete(ctx, c)
		return string(done), err
	}}
}

func (w *walk) hold(subject, event, token string) dedupe.Hold {
	return dedupe.Hold{Source: w.source, Subject: subject, Event: event, Token: token, Lease: w.lease(), Retention: w.retention()}
}

func holdCall(name string, do func(dedupe.Store, context.Context, dedupe.Hold) (bool, error), h dedupe.Hold) call {
	return call{fmt.Sprintf("%s %+v", name, h), func(ctx context.Context, s dedupe.Store) (string, error) {
		ok, err := do(s, ctx, h)
		return strconv.FormatBool(ok), err
	}}
}

func (w *walk) lease() time.Duration { return time.Duration(1+w.rnd.IntN(50)) * time.Millisecond }

func (w *walk) retention() time.Duration {
	return time.Duration(50+w.rnd.IntN(250)) * time.Millisecond
}

func pick(rnd *rand.Rand, of ...string) string { return of[rnd.IntN(len(of))] }
