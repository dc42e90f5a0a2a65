package replay_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hookonce/replay"
)

const header = `{"header":{"schema":"hookonce.journal/v1"}}`

// agree says that a line means to the Decoder what it means to encoding/json.
func agree(t testing.TB, line []byte) {
	t.Helper()
	if bytes.ContainsAny(line, "\n") || bytes.Contains(line, []byte(`,"crc":"`)) {
		return
	}
	var want, got replay.Record
	wantErr := json.Unmarshal(line, &want)
	gotErr := replay.NewDecoder(bytes.NewReader(append(bytes.Clone(line), '\n'))).Decode(&got)
	if (wantErr == nil) != (gotErr == nil) {
		t.Fatalf("%s\nencoding/json: %v\nthe decoder: %v", line, wantErr, gotErr)
	}
	if wantErr == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%s\nencoding/json: %s\nthe decoder: %s", line, show(want), show(got))
	}
}

func show(r replay.Record) string {
	b, _ := json.Marshal(r)
	return string(b)
}

func odd() []string {
	return []string{
		`{"attempt":{"delivery":1,"event":"e","outcome":"acked","start_ns":0,"end_ns":5,"body":"{\"ok\":true}\n\\"}}`,
		`{"run":"reference","attempt":{"delivery":-7,"event":"\u00e9","outcome":"","start_ns":123456789012345678,"end_ns":9223372036854775807}}`,
		`{"attempt":{"delivery":01}}`, `{"attempt":{"delivery":1.0}}`, `{"attempt":{"delivery":1e3}}`, `{"attempt":{"Delivery":3}}`,
		`{"attempt":{"delivery":-0,"delivery":2,"status":null}}`, `{"attempt":null}`, `{"attempt":{}}`, `{"attempt":{},"effect":{}}`, `{"attempt":{}} `,
		`{ "attempt": {"delivery": 1}}`, `{"attempt":{"x":1}}`, `{"attempt":{"body":"` + "\xff" + `"}}`, `{"attempt":{"body":"` + "\x01" + `"}}`, `{"attempt":{"body":"ünï"}}`,
		`{"attempt":{"body":"a\qb"}}`, `{"attempt":{"fired":true,"truncated":false}}`, `{"attempt":{"fired":tru}}`, `{"attempt":{"delivery":1,}}`, `{"attempt":{"delivery":1`,
		`{"event":{"key":"k","refs":["a","b"],"refs":["c"],"sha256":""}}`, `{"event":{"refs":[]}}`, `{"event":{"refs":["a",]}}`, `{"event":{"refs":[,"a"]}}`, `{"event":{"header":{"A":["b"]}}}`,
		`{"delivery":{"n":1,"event":"e","phase":"fault","role":"first","at_ns":0,"hang_up":{"latency":0.5}}}`, `{"delivery":{"n":99999999999999999999}}`,
		`{"effect":{"at_ns":1,"since_ns":1,"source":"s","key":"k","count":-1,"unsure":2,"deleted":true,"earlier":true}}`, `{"run":"x"}`, `{"run":"x","run":"y","effect":{}}`, `{}`, ``, `{`, `"`, `{"attempt":{"body":"\`,
	}
}

func TestDecoderAgreesWithEncodingJSON(t *testing.T) {
	for _, line := range odd() {
		agree(t, []byte(line))
	}
	files, err := filepath.Glob("../testdata/histories/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			agree(t, bytes.TrimSuffix(line, []byte("\n")))
		}
	}
}

func FuzzDecoder(f *testing.F) {
	for _, line := range odd() {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) { agree(t, line) })
}

// Whatever a run can record is read as it was written, with its checksum.
func TestRecordsAreReadAsTheyWereWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.Make[replay.Attempt]().Draw(t, "attempt")
		d := rapid.Make[replay.Delivery]().Draw(t, "delivery")
		e := rapid.Make[replay.Effect]().Draw(t, "effect")
		for _, r := range []replay.Record{{Run: replay.ReferenceRun, Attempt: &a}, {Delivery: &d}, {Effect: &e}} {
			var file bytes.Buffer
			if err := replay.NewEncoder(&file).Encode(r); err != nil {
				t.Fatal(err)
			}
			plain, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			var got, want replay.Record
			if err := json.Unmarshal(plain, &want); err != nil {
				t.Fatal(err)
			}
			if err := replay.NewDecoder(&file).Decode(&got); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("written %s\nread %s", show(want), show(got))
			}
		}
	})
}

func written(t testing.TB, n int) []byte {
	t.Helper()
	var file bytes.Buffer
	enc := replay.NewEncoder(&file)
	records := []replay.Record{{Header: &replay.Header{Schema: replay.JournalSchema}}, {Plan: &replay.PlanHead{Schema: replay.PlanSchema, Open: true}}}
	for i := range n {
		key := fmt.Sprintf("evt_%024d", i)
		at := time.Duration(i) * time.Millisecond
		records = append(records,
			replay.Record{Event: &replay.Event{Key: key, Type: "invoice.paid", Subject: "sub_" + key, Version: "1700000000", Provider: "stripe",
				Fixture: "fixtures/invoice.json", Refs: []string{"pi_" + key, "cus_1"}, SHA256: strings.Repeat("ab", 32)}},
			replay.Record{Delivery: &replay.Delivery{N: i + 1, Event: key, Phase: replay.PhaseFault, Fault: "duplicate", Role: replay.RoleDuplicate, At: at}},
			replay.Record{Attempt: &replay.Attempt{Delivery: i + 1, Event: key, Outcome: replay.Acked, Start: at, LastByte: at + 1000, FirstByte: at + 9000, End: at + 10_000,
				Status: 200, Body: `{"received":true}`}},
			replay.Record{Effect: &replay.Effect{At: at + 8000, Since: at + 8000, Source: "listen:127.0.0.1:9", Name: "charge", Key: key, Count: 1}})
	}
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	return file.Bytes()
}

// One flipped bit anywhere in the file is told with its line; a last line that was not finished is cut.
func TestAlteredAndTornJournals(t *testing.T) {
	whole := written(t, 3)
	if _, err := replay.ReadJournal(bytes.NewReader(whole)); err != nil {
		t.Fatal(err)
	}
	line := 1
	for i, c := range whole {
		if c == '\n' {
			line++
			continue
		}
		altered := bytes.Clone(whole)
		altered[i] ^= 1
		_, err := replay.ReadJournal(bytes.NewReader(altered))
		var at *replay.LineError
		if !errors.As(err, &at) || at.Line != line && altered[i] != '\n' {
			t.Fatalf("byte %d of line %d (%q): %v", i, line, altered[i], err)
		}
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	last := len(whole) - len(lines[len(lines)-2])
	j, err := replay.ReadJournal(bytes.NewReader(whole[:last+20]))
	if err != nil || !j.Torn || len(j.Target.Attempts) != 3 {
		t.Errorf("torn: %v, %v", j.Torn, err)
	}
	missing := bytes.Replace(whole, lines[3], []byte(`{"delivery":{"n":1,"event":"x","phase":"fault","role":"first","at_ns":0}}`+"\n"), 1)
	if _, err := replay.ReadJournal(bytes.NewReader(missing)); err == nil {
		t.Error("a line without a checksum was taken among lines with one")
	}
}

// endless is a file that is one line.
type endless struct {
	start string
	read  int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.start)
	e.start = e.start[n:]
	clear(p[n:])
	e.read += len(p)
	return len(p), nil
}

// A file that is no journal is told from one without being held in memory, whatever its length.
func TestLongLinesAreRefused(t *testing.T) {
	whole := string(written(t, 1))
	for _, c := range []struct {
		start, want string
		line, most  int
	}{
		{"", "does not begin with {", 1, 1 << 20},
		{"{", "longer than 64 MiB", 1, 65 << 20},
		{whole, "does not begin with {", strings.Count(whole, "\n") + 1, 1 << 20},
	} {
		file := &endless{start: c.start}
		_, err := replay.ReadJournal(file)
		var at *replay.LineError
		if !errors.Is(err, replay.ErrJournal) || !errors.As(err, &at) || at.Line != c.line || !strings.Contains(err.Error(), c.want) || file.read > c.most {
			t.Errorf("%.20q: %v, after %d bytes; want line %d, %s", c.start, err, file.read, c.line, c.want)
		}
	}
}

// A record may be longer than what is read at once.
func TestLongRecords(t *testing.T) {
	body := strings.Repeat("x", 3<<20)
	var file bytes.Buffer
	if err := replay.NewEncoder(&file).Encode(replay.Record{Attempt: &replay.Attempt{Body: body}}); err != nil {
		t.Fatal(err)
	}
	var got replay.Record
	if err := replay.NewDecoder(&file).Decode(&got); err != nil || got.Attempt.Body != body {
		t.Errorf("read %v", err)
	}
}

// Journals of older versions have no checksums.
func TestJournalWithoutChecksums(t *testing.T) {
	text := header + "\n" + `{"plan":{"schema":"hookonce.plan/v1","seed":1,"provider":"","settings":{"faults":null,"copies":0,"race":0,"bursts":0,"signed":false},"events":0,"deliveries":0}}` + "\n"
	if _, err := replay.ReadJournal(strings.NewReader(text)); err != nil {
		t.Error(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	text := written(b, 20_000)
	b.Run("decoder", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			d := replay.NewDecoder(bytes.NewReader(text))
			var r replay.Record
			for {
				if err := d.Decode(&r); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			for line := range bytes.Lines(text) {
				var r replay.Record
				if err := json.Unmarshal(line, &r); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	a := replay.Attempt{Delivery: 12345, Event: "evt_000000000000000000000001", Outcome: replay.Acked, Start: time.Second, LastByte: time.Second + 1000,
		FirstByte: time.Second + 9000, End: time.Second + 10_000, Status: 200, Body: `{"received":true}`}
	enc := replay.NewEncoder(io.Discard)
	b.ReportAllocs()
	for b.Loop() {
		if err := enc.Encode(replay.Record{Attempt: &a}); err != nil {
			b.Fatal(err)
		}
	}
}
