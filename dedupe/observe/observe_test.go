package observe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hookonce/replay"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorder keeps effects and marks.
type recorder struct {
	mu      sync.Mutex
	effects []replay.Effect
	marks   []replay.Mark
}

func (r *recorder) emit(e replay.Effect) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.effects = append(r.effects, e)
}

func (r *recorder) mark(m replay.Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks = append(r.marks, m)
}

// take returns what was recorded since the last call, one short text each.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []string
	for _, e := range r.effects {
		all = append(all, short(e))
	}
	r.effects = nil
	return all
}

func (r *recorder) takeMarks() []replay.Mark {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.marks
	r.marks = nil
	return all
}

// short writes an effect without times and source: "charge evt_1 +2", "sub_1=3", "sub_1=3 deleted".
func short(e replay.Effect) string {
	text := ""
	switch {
	case e.State():
		text = e.Subject + "=" + e.Version
		if e.Deleted {
			text += " deleted"
		}
	case e.Name != "":
		text = fmt.Sprintf("%s %s %+d", e.Name, e.Key, e.Count)
	default:
		text = fmt.Sprintf("%s %+d", e.Key, e.Count)
	}
	if e.Earlier {
		text += " earlier"
	}
	return text
}

func mustParse(t *testing.T, spec string, o Options) Source {
	t.Helper()
	s, err := Parse(spec, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mustOpen opens a source that is closed with the test.
func mustOpen(t *testing.T, s Source) *recorder {
	t.Helper()
	r := &recorder{}
	if err := s.Open(t.Context(), time.Now(), r.emit); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func mustPoll(t *testing.T, s Source) {
	t.Helper()
	if err := s.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// among says whether an id is one of a few.
func among(ids ...string) func(string) bool {
	set := map[string]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return func(id string) bool { return set[id] }
}

// fake is a source under the test's control.
type fake struct {
	outlet
	poll func(ctx context.Context, f *fake) error
	open error
	// opens says at each Open whether it succeeds, if it is set.
	opens func() error
}

func newFake(label string, poll func(context.Context, *fake) error) *fake {
	return &fake{outlet: outlet{info: replay.SourceInfo{Label: label}, spec: label}, poll: poll}
}

func (f *fake) Open(_ context.Context, base time.Time, emit func(replay.Effect)) error {
	f.start(base, emit)
	if f.opens != nil {
		return f.opens()
	}
	return f.open
}

func (f *fake) Poll(ctx context.Context) error {
	if f.poll == nil {
		return nil
	}
	return f.poll(ctx, f)
}

func (f *fake) Close() error {
	f.stop()
	return nil
}

var errDown = errors.New("down")
