package trace

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"hookonce/dedupe/simulate"
	"hookonce/replay"
)

// drawing is a story on its way to paper.
type drawing struct {
	s          Story
	events     map[string]*replay.Event
	deliveries map[int]replay.Delivery
	steps      []simulate.Step
	flaw       flaw
	lanes      map[int]int // delivery -> lane
	ends       map[int]int // delivery -> its last step
	begins     map[int]int // delivery -> its first step
	lock       string      // the key in the middle
	held       bool
	value      simulate.Key // what it holds
	charged    map[string]int
	open       []int // per lane, the delivery in it; 0 for none
	grid       grid
	out        []string
}

// Render draws the story.
func Render(w io.Writer, s Story) error {
	d := &drawing{s: s, events: s.Plan.EventByKey(), deliveries: map[int]replay.Delivery{}, charged: map[string]int{}}
	for _, p := range s.Plan.Deliveries {
		d.deliveries[p.N] = p
	}
	d.choose()
	d.grid = newGrid(max(60, s.Width, 80*flagInt(s.Width == 0)), len(d.open))
	d.heading()
	d.body()
	d.ending()
	_, err := io.WriteString(w, strings.Join(d.out, "\n")+"\n")
	return err
}

func flagInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (d *drawing) text(s string, i ink) {
	for _, part := range wrap(s, d.grid.width) {
		l := newLine(d.grid.width)
		l.put(0, d.grid.width, part, i)
		d.emit(l)
	}
}

func (d *drawing) emit(l *line) { d.out = append(d.out, l.String(d.s.Colour)) }

func (d *drawing) blank() { d.out = append(d.out, "") }

func (d *drawing) heading() {
	d.text(screenLong(d.s.Title), bold)
	for _, about := range d.s.About {
		d.text(screenLong(about), plain)
	}
	d.blank()
	l, rule := newLine(d.grid.width), newLine(d.grid.width)
	put := func(c column, name string) {
		l.put(c.at, c.width, name, dim)
		rule.put(c.at, c.width, strings.Repeat("─", c.width), dim)
	}
	put(column{0, d.grid.time.width - 1}, fmt.Sprintf("%*s", d.grid.time.width-1, "time"))
	names := []string{"one worker", "another worker", "a third worker"}
	for i, c := range d.grid.lanes {
		put(c, names[i])
	}
	put(d.grid.lock, d.lockTitle())
	d.emit(l)
	d.emit(rule)
}

func (d *drawing) lockTitle() string {
	switch {
	case d.lock == "":
		return "Redis"
	case d.lock == d.s.Event:
		return "the guard's record"
	}
	return clip(screen(d.lock), d.grid.lock.width)
}

// stanza is the time in which nothing happens that is worth a line.
const stanza = time.Second / 2

// body draws the steps, in stanzas: where nothing happens for a while, a line says so.
func (d *drawing) body() {
	var start, last time.Duration
	if len(d.steps) > 0 {
		start, last = d.steps[0].At, d.steps[0].At
	}
	first := start
	for i := 0; i < len(d.steps); i++ {
		step := d.steps[i]
		label := ""
		if gap := step.At - last; gap >= stanza {
			d.pause(gap)
			start, label = step.At, span(step.At-first)
		}
		if label == "" {
			label = span(step.At - start)
			if start != first {
				label = "+" + label
			}
		}
		n := d.beats(i)
		d.row(i, label, n)
		i += n - 1
		if d.flaw.step >= i-n+1 && d.flaw.step <= i {
			d.point(step.Delivery)
		}
		last = d.steps[i].At
	}
}

// beats counts the heartbeats of one delivery that follow each other and say the same; 1 for what is none.
func (d *drawing) beats(i int) int {
	n := 1
	a := d.steps[i]
	for a.Beat && i+n < len(d.steps) && d.steps[i+n].Beat && d.steps[i+n].Delivery == a.Delivery && d.steps[i+n].Err == a.Err {
		n++
	}
	return n
}

// pause is a line for a time in which nothing happens.
func (d *drawing) pause(gap time.Duration) {
	l := d.bars()
	text := span(gap) + " later"
	l.put(0, d.grid.time.width, fmt.Sprintf("%*s", d.grid.time.width-1, "⋮"), dim)
	col := d.grid.lanes[0].at
	if d.open[0] != 0 {
		col += 2
	}
	l.put(col, d.grid.lanes[0].width, text, dim)
	d.emit(l)
}

// bars is a line with what goes on: the lanes of deliveries under way, and the lock if it is held.
func (d *drawing) bars() *line {
	l := newLine(d.grid.width)
	for i, delivery := range d.open {
		if delivery != 0 {
			l.put(d.grid.lanes[i].at, 1, "│", dim)
		}
	}
	if d.held {
		l.put(d.grid.lock.at, 1, "┃", cyan)
	}
	return l
}

// row draws one step, on as many lines as its words need.
func (d *drawing) row(i int, label string, times int) {
	step := d.steps[i]
	lane, drawn := d.lanes[step.Delivery]
	if !drawn {
		d.aside(step, label)
		return
	}
	if d.begins[step.Delivery] == i {
		d.begin(step, lane, label)
		return
	}
	sign, text, colour := d.say(step)
	if times > 1 {
		text = fmt.Sprintf("%s, %d times", text, times)
	}
	if d.flaw.step == i {
		colour = alarm
	}
	bar := "├"
	if i+times-1 >= d.ends[step.Delivery] {
		bar = "└"
	}
	c := d.grid.lanes[lane]
	state := d.lockState(step)
	for n, part := range wrap(text, c.width-4) {
		l := d.bars()
		if n == 0 {
			l.put(0, d.grid.time.width, fmt.Sprintf("%*s", d.grid.time.width-1, label), dim)
			l.put(c.at, c.width, bar, dim)
			l.put(c.at+2, c.width-2, sign, colour)
			l.put(d.grid.lock.at, d.grid.lock.width, state, cyan)
			if bar == "└" {
				d.open[lane] = 0
			}
		}
		l.put(c.at+4, c.width-4, part, colour)
		d.emit(l)
	}
}

// begin draws the begin of a delivery.
func (d *drawing) begin(step simulate.Step, lane int, label string) {
	p := d.deliveries[step.Delivery]
	l := d.bars()
	d.open[lane] = step.Delivery
	l.put(0, d.grid.time.width, fmt.Sprintf("%*s", d.grid.time.width-1, label), dim)
	c := d.grid.lanes[lane]
	l.put(c.at, c.width, "┌", dim)
	name := fmt.Sprintf("#%d %s", p.N, screen(string(p.Role)))
	if e := d.events[p.Event]; e != nil && d.many() {
		name = fmt.Sprintf("#%d %s", p.N, screen(p.Event))
		if e.Version != "" {
			name += " v" + screen(e.Version)
		}
	}
	l.put(c.at+2, c.width-2, name, bold)
	d.emit(l)
}

// aside draws what belongs to no lane: a key that expires, a Redis that is down.
func (d *drawing) aside(step simulate.Step, label string) {
	l := d.bars()
	l.put(0, d.grid.time.width, fmt.Sprintf("%*s", d.grid.time.width-1, label), dim)
	if step.Kind == simulate.StepExpiry {
		d.held = false
		l.put(d.grid.lock.at, d.grid.lock.width, "┗ expired: free", cyan)
	} else {
		l.put(d.grid.lanes[0].at+2, d.grid.width, "↯ "+shortMishap(step.What), alarm)
	}
	d.emit(l)
}

// lockState says what became of the lock, and notes whether it is held.
func (d *drawing) lockState(step simulate.Step) string {
	if step.Command == nil || step.Beat {
		return heldBar(d.held)
	}
	for _, k := range step.Command.Keys {
		if k.Name != d.lock {
			continue
		}
		was := d.held
		same := was && k.There && k.Value == d.value.Value && k.TTL <= d.value.TTL
		d.held, d.value = k.There, k
		switch {
		case same:
			return "┃ still " + screen(k.Value)
		case k.There && was:
			return "┣ " + keyState(k)
		case k.There:
			return "┏ " + keyState(k)
		case was:
			return "┗ " + keyState(k)
		}
		return "  " + keyState(k)
	}
	if len(step.Command.Keys) > 0 {
		k := step.Command.Keys[0]
		return heldBar(d.held) + " " + screen(d.label(k.Name)) + ": " + strings.TrimSuffix(keyState(k), ", no expiry")
	}
	return heldBar(d.held)
}

func heldBar(held bool) string {
	if held {
		return "┃"
	}
	return " "
}

// point says under a step what is wrong there.
func (d *drawing) point(delivery int) {
	text := "▲ " + d.flaw.text
	c := d.grid.lanes[d.lanes[delivery]]
	l := d.bars()
	col := max(0, min(c.at+2, d.grid.width-cells(text)))
	l.put(col, d.grid.width-col, text, alarm)
	d.emit(l)
}

const legend = "◆ committed · ▸ to Redis · ◂ answer · ✂ the sender gives up · ┃ the key is there"

func (d *drawing) ending() {
	var rest []string
	for _, p := range d.s.Plan.Deliveries {
		if _, drawn := d.lanes[p.N]; drawn || !d.told(p) {
			continue
		}
		rest = append(rest, d.summary(p))
	}
	if len(d.steps) == 0 {
		d.text("Nothing happened.", dim)
	}
	if len(rest) > 0 {
		d.text("Not drawn: "+strings.Join(rest, "; ")+".", dim)
	}
	if len(d.steps) > 0 {
		d.text(legend, dim)
	}
	switch {
	case d.s.Code != "":
		d.text(d.s.Code+": "+screenLong(d.s.Message), alarm)
	case d.s.Message != "":
		d.text(screenLong(d.s.Message), amber)
	default:
		d.text("Nothing to find: every event was processed exactly once.", green)
	}
}

// summary says what became of a delivery that is not drawn.
func (d *drawing) summary(p replay.Delivery) string {
	for _, step := range slices.Backward(d.s.Steps) {
		if step.Delivery != p.N {
			continue
		}
		if step.Kind == simulate.StepAnswer {
			_, text, _ := sayAnswer(step)
			return fmt.Sprintf("#%d %s, answered %s", p.N, screen(string(p.Role)), text)
		}
		if step.Kind == simulate.StepSender {
			return fmt.Sprintf("#%d %s, %s", p.N, screen(string(p.Role)), screen(step.What))
		}
	}
	return fmt.Sprintf("#%d %s", p.N, screen(string(p.Role)))
}
