package trace

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"hookonce/dedupe/simulate"
	"hookonce/replay/redact"
)

// maxText bounds a text that a handler or a provider made up.
const maxText = 60

func screen(s string) string { return redact.Screen(s, maxText) }

// say puts a step into the few words a lane has room for. sign stands before them.
func (d *drawing) say(step simulate.Step) (sign, text string, i ink) {
	switch step.Kind {
	case simulate.StepCommand:
		return d.sayCommand(step)
	case simulate.StepEffect:
		return d.sayEffect(step)
	case simulate.StepWork:
		took, err := time.ParseDuration(strings.TrimPrefix(step.What, "works for "))
		if err != nil {
			return "·", screen(step.What), dim
		}
		return "·", "works " + span(took), dim
	case simulate.StepAnswer:
		return sayAnswer(step)
	case simulate.StepSender:
		return "✂", strings.TrimPrefix(screen(step.What), "the sender "), amber
	case simulate.StepMishap:
		return "↯", shortMishap(step.What), alarm
	}
	return "·", screen(step.What), plain
}

// shortMishap leaves out where it struck: the drawing shows that.
func shortMishap(text string) string {
	for _, cut := range []string{" before ", " after "} {
		text, _, _ = strings.Cut(text, cut)
	}
	kind, lasts, _ := strings.Cut(text, " for ")
	kind = screen(strings.ToUpper(strings.ReplaceAll(kind, "-", " ")))
	if d, err := time.ParseDuration(lasts); err == nil {
		return kind + ", " + span(d)
	}
	return kind
}

func sayAnswer(step simulate.Step) (sign, text string, i ink) {
	var body struct {
		Status string `json:"status"`
	}
	word := step.Body
	if json.Unmarshal([]byte(step.Body), &body) == nil && body.Status != "" {
		word = body.Status
	}
	text, i = fmt.Sprintf("%d %s", step.Status, screen(word)), green
	if step.Status/100 != 2 {
		i = amber
	}
	if !step.Heard {
		return "◂", text + ", lost", dim
	}
	return "◂", text, i
}

func (d *drawing) sayEffect(step simulate.Step) (sign, text string, i ink) {
	name, rest, _ := strings.Cut(step.What, " ")
	sign, i = "◇", plain
	if step.Committed > 0 {
		sign, i = "◆", green
	}
	switch {
	case step.Err != "":
		return "✗", screen(name) + ": " + screen(step.Err), amber
	case name == "charge" && step.Committed > 0:
		d.charged[step.Event]++
		return sign, "CHARGE, the " + ordinal(d.charged[step.Event]), i
	case name == "charge":
		return sign, "charge: known, ignored", dim
	case strings.HasPrefix(step.What, "save if newer ") && step.Committed == 0:
		return sign, "state: unchanged", dim
	case name == "save":
		return sign, "STATE = version " + screen(rest[strings.LastIndex(rest, " ")+1:]), i
	}
	return sign, strings.TrimSuffix(screen(d.bare(step.What, step.Event)), " of"), i
}

func ordinal(n int) string {
	if n < 4 {
		return []string{"", "1st", "2nd", "3rd"}[n]
	}
	return strconv.Itoa(n) + "th"
}

func (d *drawing) sayCommand(step simulate.Step) (sign, text string, i ink) {
	sign, i = "▸", cyan
	if step.Beat {
		sign, i = "♥", dim
	}
	c := step.Command
	if c == nil {
		return "✗", screen(d.bare(step.What, step.Event)), amber
	}
	text = strings.ToUpper(c.Name)
	if label := d.otherKey(c); label != "" {
		text += " " + screen(label)
	}
	text += conditions(c)
	if step.Err != "" {
		return "✗", text + ": " + screen(step.Err), amber
	}
	return sign, text + " → " + screen(d.bare(c.Reply, step.Event)), i
}

// conditions are the words of a SET or an EXPIRE that decide.
func conditions(c *simulate.Command) string {
	var out string
	for i, a := range c.Args {
		word := strings.ToLower(a)
		switch {
		case i < 2 && c.Name == "set" || c.Name != "set" && c.Name != "expire" && c.Name != "pexpire":
			continue
		case word == "nx" || word == "xx":
			out = " " + strings.ToUpper(word) + out
		case (word == "ex" || word == "px") && i+1 < len(c.Args):
			out += " " + lifetime(c.Args[i+1], word == "px")
		case i == 1 && c.Name != "set":
			out += " " + lifetime(a, c.Name == "pexpire")
		}
	}
	return out
}

func lifetime(n string, milli bool) string {
	v, err := strconv.ParseInt(n, 10, 64)
	switch {
	case err != nil:
		return screen(n)
	case milli:
		return span(time.Duration(v) * time.Millisecond)
	}
	return span(time.Duration(v) * time.Second)
}

// otherKey is the short name of the key a command is about, if that is not the lock's.
func (d *drawing) otherKey(c *simulate.Command) string {
	if len(c.Keys) == 0 || c.Keys[0].Name == d.lock {
		return ""
	}
	return d.label(c.Keys[0].Name)
}

// label is a key's name without what it shares with all others: the event's key, or its subject.
func (d *drawing) label(key string) string {
	e := d.events[d.s.Event]
	if e == nil {
		return key
	}
	for _, part := range []string{e.Key, e.Subject} {
		if short := strings.Trim(strings.Replace(key, part, "", 1), ":"); part != "" && short != key && short != "" {
			return unlike(short, d.lock)
		}
	}
	return key
}

// unlike is a name without the first word that it shares with the lock's: of webhook_version and
// webhook_lock, version.
func unlike(name, lock string) string {
	head, tail, found := strings.Cut(name, "_")
	if found && tail != "" && strings.HasPrefix(lock, head+"_") {
		return tail
	}
	return name
}

// bare is a text without the key of the event that it is about anyway.
func (d *drawing) bare(text, event string) string {
	if event == "" {
		return text
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(text, event, "")), " ")
}

// keyState says what a key holds, in a few words.
func keyState(k simulate.Key) string {
	if !k.There {
		return "free"
	}
	text := screen(k.Value)
	if k.Value == "" {
		text = "set"
	}
	switch {
	case k.TTL == 0:
		return text + ", no expiry"
	case k.TTL > 10*time.Second:
		return text + ", " + span(k.TTL.Round(time.Second))
	}
	return text + ", " + span(k.TTL.Round(time.Millisecond))
}
