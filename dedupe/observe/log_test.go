package observe

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hookonce/replay"
)

// logFile is a log that a test writes.
type logFile struct {
	t    *testing.T
	path string
}

func newLogFile(t *testing.T, text string) logFile {
	l := logFile{t, filepath.Join(t.TempDir(), "app.log")}
	l.create(text)
	return l
}

func (l logFile) create(text string) {
	l.t.Helper()
	if err := os.WriteFile(l.path, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
}

func (l logFile) append(text string) { l.appendTo(l.path, text) }

func (l logFile) appendTo(path, text string) {
	l.t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		l.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		l.t.Fatal(err)
	}
}

func (l logFile) rename(to string) {
	l.t.Helper()
	if err := os.Rename(l.path, to); err != nil {
		l.t.Fatal(err)
	}
}

func (l logFile) expect(s Source, r *recorder, want string) {
	l.t.Helper()
	mustPoll(l.t, s)
	if got := strings.Join(r.take(), "; "); got != want {
		l.t.Errorf("told %q, want %q", got, want)
	}
}

func TestLogFollows(t *testing.T) {
	l := newLogFile(t, "charged evt_0\n")
	s := mustParse(t, `log:app.log#charged (\S+)`, Options{Dir: filepath.Dir(l.path)})
	r := mustOpen(t, s)
	l.expect(s, r, "")
	l.append("charged evt_1\nnothing\ncharged evt_2\r\n")
	l.expect(s, r, "evt_1 +1; evt_2 +1")
	l.append("charged evt_3") // its line has not ended: the id may go on
	l.expect(s, r, "")
	l.append("4\ncharged evt_1, charged evt_5\n")
	l.expect(s, r, "evt_34 +1; evt_1, +1; evt_5 +1")
	l.expect(s, r, "")
	if got := s.Info(); got.Exact || !got.Counts || got.States || got.Committed {
		t.Errorf("info %+v", got)
	}
}

func TestLogGroups(t *testing.T) {
	for expr, want := range map[string]string{
		`(?P<effect>\w+) for (?P<id>\w+)`:                          "charge evt_1 +1",
		`(?P<name>\w+) for (?P<id>\w+)`:                            "charge evt_1 +1",
		`(?<id>evt_\w+)`:                                           "evt_1 +1",
		`charge for (\w+) of (\w+)`:                                "evt_1 +1",
		`of (?P<subject>\w+) v(?P<version>\d+)`:                    "sub_1=9007199254740993",
		`of (?P<subject>\w+) v(?P<version>\d+)(?P<deleted> gone)?`: "sub_1=9007199254740993 deleted",
		`for (?P<id>\w+) of (?P<subject>\w+) v(?P<version>\d+)`:    "evt_1 +1; sub_1=9007199254740993",
		`refund for (?P<id>\w*)`:                                   "",
	} {
		l := newLogFile(t, "")
		s := mustParse(t, "log:"+l.path+"#"+expr, Options{})
		r := mustOpen(t, s)
		l.append("charge for evt_1 of sub_1 v9007199254740993 gone\nrefund for !\n")
		l.expect(s, r, want)
	}
}

func TestLogTimes(t *testing.T) {
	l := newLogFile(t, "")
	s := mustParse(t, "log:"+l.path+"#(.+)", Options{})
	base := time.Now()
	var got []replay.Effect
	if err := s.Open(t.Context(), base, func(e replay.Effect) { got = append(got, e) }); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	mustPoll(t, s)
	committed := time.Since(base)
	l.append("evt_1\n")
	mustPoll(t, s)
	if len(got) != 1 || got[0].Since <= 0 || got[0].Since > committed || got[0].At < committed || got[0].Earlier {
		t.Errorf("committed at %v, told as %+v", committed, got)
	}
}

func TestLogRotation(t *testing.T) {
	l := newLogFile(t, "old\n")
	s := mustParse(t, "log:"+l.path+"#(evt_.+)", Options{})
	r := mustOpen(t, s)
	first, second := l.path+".1", l.path+".2"
	l.append("evt_1\n")
	l.rename(first) // nothing has the name for a while
	l.expect(s, r, "evt_1 +1")
	l.appendTo(first, "evt_2\n")
	l.expect(s, r, "evt_2 +1")
	l.create("evt_3\n")
	l.appendTo(first, "evt_4\n")
	l.expect(s, r, "evt_4 +1; evt_3 +1")
	l.appendTo(first, "evt_5\n") // its writer has not noticed yet
	l.append("evt_6\n")
	l.expect(s, r, "evt_5 +1; evt_6 +1")
	l.rename(second)
	l.create("evt_7\n")
	l.expect(s, r, "evt_7 +1")
	if err := os.Remove(l.path); err != nil {
		t.Fatal(err)
	}
	l.expect(s, r, "")
}

func TestLogTruncation(t *testing.T) {
	l := newLogFile(t, strings.Repeat("old line\n", 100))
	s := mustParse(t, "log:"+l.path+"#(evt_.+)", Options{})
	r := mustOpen(t, s)
	l.append("evt_1\nevt_2 begins")
	l.expect(s, r, "evt_1 +1")
	l.create("evt_3\n") // shorter than what was read
	l.expect(s, r, "evt_3 +1")
	l.create(strings.Repeat("evt_4\n", 10)) // longer, but not the same bytes
	l.expect(s, r, strings.TrimSuffix(strings.Repeat("evt_4 +1; ", 10), "; "))
	l.append("evt_5\n")
	l.expect(s, r, "evt_5 +1")
}

func TestLogLongLines(t *testing.T) {
	l := newLogFile(t, "")
	s := mustParse(t, "log:"+l.path+"#(evt_[0-9]+)", Options{})
	r := mustOpen(t, s)
	l.append("evt_1 " + strings.Repeat("x", maxLine))
	l.expect(s, r, "")
	l.append(strings.Repeat("y", 1000) + "\nevt_2\n")
	l.expect(s, r, "evt_2 +1")
	if notes := s.(*logSource).notes(); len(notes) != 1 || !strings.Contains(notes[0], fmt.Sprint(maxLine)) {
		t.Errorf("notes %v", notes)
	}
}

func TestLogManyChunks(t *testing.T) {
	l := newLogFile(t, "")
	s := mustParse(t, "log:"+l.path+`#(evt_\d+)`, Options{})
	r := mustOpen(t, s)
	var text strings.Builder
	for i := range 5_000 {
		fmt.Fprintf(&text, "2024-01-01 info charged evt_%d\n", i)
	}
	l.append(text.String())
	mustPoll(t, s)
	got := r.take()
	if len(got) != 5_000 {
		t.Fatalf("%d effects", len(got))
	}
	for i, e := range got {
		if want := fmt.Sprintf("evt_%d +1", i); e != want {
			t.Fatalf("effect %d is %s, want %s", i, e, want)
		}
	}
}

func TestLogErrors(t *testing.T) {
	dir := t.TempDir()
	label := "log:" + filepath.Join(dir, "none.log") + "#(.)"
	checkOpenError(t, mustParse(t, label, Options{}), label, "does not exist; create it first")
	label = "log:" + dir + "#(.)"
	checkOpenError(t, mustParse(t, label, Options{}), label, "is not a regular file")
	s := mustParse(t, label, Options{})
	if err := s.Poll(t.Context()); err == nil || !strings.Contains(err.Error(), "not open") {
		t.Errorf("a poll before Open: %v", err)
	}
}
