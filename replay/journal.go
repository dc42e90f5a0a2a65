package replay

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// JournalSchema names the version of the journal's format.
const JournalSchema = "hookonce.journal/v1"

// Record is one line of a journal: exactly one of the pointers is set, and its
// JSON name tells the kind. The order of lines is header, plan, then whatever
// happened as it happened, then end.
type Record struct {
	Run      Run       `json:"run,omitempty"`
	Header   *Header   `json:"header,omitempty"`
	Plan     *PlanHead `json:"plan,omitempty"`
	Event    *Event    `json:"event,omitempty"`
	Delivery *Delivery `json:"delivery,omitempty"`
	Body     *Body     `json:"body,omitempty"`
	Attempt  *Attempt  `json:"attempt,omitempty"`
	Effect   *Effect   `json:"effect,omitempty"`
	Mark     *Mark     `json:"mark,omitempty"`
	Lock     *Lock     `json:"lock,omitempty"`
	Command  *Command  `json:"command,omitempty"`
	// Sources replaces the header's sources: what a source tells is known once it told something.
	Sources []SourceInfo `json:"sources,omitempty"`
	End     *End         `json:"end,omitempty"`
}

// PlanHead is a plan without its lists, which follow as records of their own.
type PlanHead struct {
	Schema     string         `json:"schema"`
	Seed       uint64         `json:"seed"`
	Provider   string         `json:"provider"`
	Settings   PlanSettings   `json:"settings"`
	Skipped    []SkippedFault `json:"skipped,omitempty"`
	Events     int            `json:"events"`
	Deliveries int            `json:"deliveries"`
	// Open says that the plan is made while it is carried out: its events and deliveries come when they are
	// about to be sent, and their numbers are not known before.
	Open bool `json:"open,omitempty"`
}

// Body is a request body as the journal keeps it: redacted, unless asked otherwise.
type Body struct {
	Event string `json:"event"`
	Text  string `json:"text"`
}

// End closes a run's records. A journal without it was cut short.
type End struct {
	Stats Stats `json:"stats"`
}

// ErrJournal wraps everything that is wrong with a journal's content.
var ErrJournal = errors.New("journal")

// Encoder writes records, one a line, each with its checksum. It does not buffer: a record handed over is
// written when Encode returns. It is not safe for concurrent use.
type Encoder struct {
	w   io.Writer
	pen pen
	buf bytes.Buffer
	enc *json.Encoder
}

// NewEncoder returns an Encoder that writes to w.
func NewEncoder(w io.Writer) *Encoder {
	e := &Encoder{w: w}
	e.enc = json.NewEncoder(&e.buf)
	e.enc.SetEscapeHTML(false)
	return e
}

// Encode writes one record.
func (e *Encoder) Encode(r Record) error {
	line := &e.pen.to
	if !e.pen.record(r) {
		e.buf.Reset()
		if err := e.enc.Encode(r); err != nil {
			return fmt.Errorf("%w: %w", ErrJournal, err)
		}
		*line = append((*line)[:0], bytes.TrimSuffix(e.buf.Bytes(), []byte("}\n"))...)
	}
	*line = append(appendSum(*line, *line), '\n')
	_, err := e.w.Write(*line)
	return err
}

// Records are the records of a plan, in the order of a journal.
func (p Plan) Records() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		head := PlanHead{p.Schema, p.Seed, p.Provider, p.Settings, p.Skipped, len(p.Events), len(p.Deliveries), false}
		if !yield(Record{Plan: &head}) {
			return
		}
		for i := range p.Events {
			if !yield(Record{Event: &p.Events[i]}) {
				return
			}
		}
		for i := range p.Deliveries {
			if !yield(Record{Delivery: &p.Deliveries[i]}) {
				return
			}
		}
	}
}

// EncodePlan writes the records of a plan.
func (e *Encoder) EncodePlan(p Plan) error {
	for r := range p.Records() {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}

// Journal is what a journal file holds: the target's history and, if it ran, the reference's.
type Journal struct {
	Target    History
	Reference *History
	// Bodies are the requests' bodies by the event's key, as the journal keeps them: redacted, unless asked otherwise.
	// Those beyond MaxBodies bytes are left in the file.
	Bodies map[string]string
	// Torn says that the last line was incomplete and was cut.
	Torn bool

	head      PlanHead
	bodyBytes int
}

// MaxBodies is how many bytes of request bodies a Journal holds in memory.
const MaxBodies = 64 << 20

// ReadJournal reads a journal. A torn last line is cut; anything else that is
// not a record is an error that names the line.
func ReadJournal(r io.Reader) (Journal, error) {
	var j Journal
	d := NewDecoder(r)
	for {
		var rec Record
		err := d.Decode(&rec)
		if errors.Is(err, io.EOF) {
			j.Torn = d.Torn()
			return j, j.checkWhole()
		}
		if err != nil {
			return j, err
		}
		if err := j.Add(rec); err != nil {
			return j, d.at(err)
		}
	}
}

func (j *Journal) checkWhole() error {
	switch p := j.Target.Plan; {
	case j.Target.Header.Schema == "":
		return fmt.Errorf("%w: no header: this is not a hookonce journal", ErrJournal)
	case p.Schema == "", !j.head.Open && (len(p.Events) < j.head.Events || len(p.Deliveries) < j.head.Deliveries):
		return fmt.Errorf("%w: the plan is cut short: the run ended before it sent anything", ErrJournal)
	}
	if j.Reference != nil {
		j.Reference.Header, j.Reference.Plan = j.Target.Header, j.Target.Plan
	}
	return nil
}

// Add adds a record, as a reader of the file would: the journal of a run that goes on grows by its records.
// The error is of a record that cannot stand where it does.
func (j *Journal) Add(r Record) error {
	switch {
	case r.Header != nil:
		if r.Header.Schema != JournalSchema {
			return fmt.Errorf("schema %q, want %q", r.Header.Schema, JournalSchema)
		}
		j.Target.Header = *r.Header
		return nil
	case j.Target.Header.Schema == "":
		return errors.New("no header: this is not a hookonce journal")
	case r.Plan != nil:
		j.head = *r.Plan
		j.Target.Plan = Plan{Schema: j.head.Schema, Seed: j.head.Seed, Provider: j.head.Provider,
			Settings: j.head.Settings, Skipped: j.head.Skipped}
	case r.Event != nil:
		j.Target.Plan.Events = append(j.Target.Plan.Events, *r.Event)
	case r.Sources != nil:
		j.Target.Header.Sources = r.Sources
	case r.Delivery != nil:
		j.Target.Plan.Deliveries = append(j.Target.Plan.Deliveries, *r.Delivery)
	case r.Body != nil:
		j.addBody(*r.Body)
	default:
		j.run(r.Run).add(r)
	}
	return nil
}

func (j *Journal) addBody(b Body) {
	if j.bodyBytes += len(b.Text); j.bodyBytes > MaxBodies {
		return
	}
	if j.Bodies == nil {
		j.Bodies = map[string]string{}
	}
	j.Bodies[b.Event] = b.Text
}

func (j *Journal) run(r Run) *History {
	if r == TargetRun {
		return &j.Target
	}
	if j.Reference == nil {
		j.Reference = &History{}
	}
	return j.Reference
}

func (h *History) add(r Record) {
	switch {
	case r.Attempt != nil:
		h.Attempts = append(h.Attempts, *r.Attempt)
	case r.Effect != nil:
		h.Effects = append(h.Effects, *r.Effect)
	case r.Mark != nil:
		h.Marks = append(h.Marks, *r.Mark)
	case r.Lock != nil:
		h.Locks = append(h.Locks, *r.Lock)
	case r.Command != nil:
		h.Commands = append(h.Commands, *r.Command)
	case r.End != nil:
		h.Stats, h.Complete = r.End.Stats, true
	}
}
