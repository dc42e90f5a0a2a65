package audit

import (
	"fmt"
	"slices"

	"hookonce/replay"
)

// needsVerdictOf: a hint explains the findings of another check, which must have been decided.
func needsVerdictOf(name string) func(*docket) (string, bool) {
	return func(d *docket) (string, bool) {
		if _, ok := d.decided[name]; !ok {
			return name + " was not decided", false
		}
		return "", false
	}
}

// twins says that two events have the same content apart from their own ids: they were made
// from one fixture, and speak of the same subject. Both facts are true: each needs its effect.
func twins(e, o *replay.Event) bool {
	return e.Key != o.Key && e.Subject != "" && e.Subject == o.Subject && e.Source == o.Source && e.Fixture == o.Fixture &&
		e.Version == o.Version
}

// judgeMerged looks for lost events that share their id or their content with one that was not lost.
func judgeMerged(d *docket) ([]Finding, int) {
	var out []Finding
	lost := map[string]bool{}
	for _, x := range d.decided["lost-event"] {
		lost[x.Event] = true
	}
	byID := map[string][]*dossier{}
	for _, x := range d.decided["lost-event"] {
		byID[d.byKey[x.Event].event.ProviderID()] = nil
	}
	for _, f := range d.events {
		if len(lost) == 0 {
			break
		}
		if group, wanted := byID[f.event.ProviderID()]; wanted {
			byID[f.event.ProviderID()] = append(group, f)
		}
	}
	for _, x := range d.decided["lost-event"] {
		f := d.byKey[x.Event]
		kept := func(g *dossier) bool { return g != f && len(g.attempts) > 0 && !lost[g.event.Key] }
		h := d.finding("merged", f)
		h.rank = x.rank
		h.Effects, h.Expected, h.Effect = x.Effects, x.Expected, x.Effect
		if g := find(byID[f.event.ProviderID()], func(g *dossier) bool { return kept(g) && g.event.Source != f.event.Source }); g != nil {
			h.Message = fmt.Sprintf("%s was lost; %s, from another source, has the same id: the endpoint's key leaves the source out",
				f.event.Key, g.event.Key)
			h.Advice = "Put the account or tenant into the key: an id is unique within its source only."
			out = append(out, h)
			continue
		}
		if g := find(d.siblingsOf(f), func(g *dossier) bool { return kept(g) && twins(f.event, g.event) }); g != nil {
			h.Message = fmt.Sprintf("%s was lost; %s has the same content under another id: the endpoint's key leaves the id out",
				f.event.Key, g.event.Key)
			h.Advice = "Use the provider's event id as the key, not a hash of the content: the same thing can happen twice."
			out = append(out, h)
		}
	}
	return out, len(lost)
}

func find(in []*dossier, ok func(*dossier) bool) *dossier {
	if i := slices.IndexFunc(in, ok); i >= 0 {
		return in[i]
	}
	return nil
}

// identified is what an event's attempts tell of a key that the header of an attempt goes into.
type identified struct {
	ids     int  // different ids among the attempts
	repeats bool // an id was acknowledged twice
	most    int  // the effects of one processing for each id
}

func (d *docket) identified(f *dossier) identified {
	if !f.course.named {
		return identified{}
	}
	sent, acked := map[string]bool{}, map[string]int{}
	for _, a := range f.attempts {
		if !sameBytes(d.delivery(a.Delivery).Conditions) {
			return identified{}
		}
		sent[a.ID] = true
		if a.Outcome == replay.Acked {
			acked[a.ID]++
		}
	}
	out := identified{ids: len(sent), most: len(sent) * f.due()}
	for _, n := range acked {
		out.repeats = out.repeats || n > 1
	}
	return out
}

// sameBytes says that the conditions leave the request's bytes as they are.
func sameBytes(c replay.Conditions) bool {
	c.Gate, c.HangUp, c.NewAttempt = 0, nil, false
	return c == replay.Conditions{}
}

// needsAttemptIDs: the hint takes deliveries of an event that had one attempt id, beside such that had several.
func needsAttemptIDs(d *docket) (string, bool) {
	if reason, _ := needsVerdictOf("double-processing")(d); reason != "" {
		return reason, false
	}
	switch {
	case d.survey.repeats:
		return "", false
	case d.survey.named:
		return "no two acknowledged deliveries of an event had the same attempt id", false
	}
	return "the deliveries carry no id of their attempt", false
}

// judgePerAttemptKey looks at events that were processed twice: if copies with one attempt
// id never were, and redeliveries with another id always are, the id of the attempt is in the endpoint's key.
func judgePerAttemptKey(d *docket) ([]Finding, int) {
	judged := 0
	for _, f := range d.events {
		if id := d.identified(f); id.ids > 0 && d.judgedForDouble(f) {
			judged++
			d.survey.mixed = d.survey.mixed || f.effects > id.most // one id was processed twice: the key is another one
		}
	}
	var out []Finding
	for _, x := range d.decided["double-processing"] {
		f := d.byKey[x.Event]
		if d.disturbed(f) {
			continue // what happened to it may be the cause
		}
		if id := d.identified(f); id.ids < 2 {
			d.survey.mixed = true // it has a cause of its own
			break
		}
		h := d.finding("per-attempt-key", f)
		h.rank = x.rank
		h.Effects, h.Expected, h.Effect = x.Effects, x.Expected, x.Effect
		h.Message = fmt.Sprintf("the deliveries of %s differ only in the header with the attempt's id, and each id was processed by itself: "+
			"the endpoint's key is the attempt's, not the event's", f.event.Key)
		h.Advice = "Use the id that stays the same over redeliveries as the key; providers send it in the body, or in another header."
		out = append(out, h)
	}
	return out, judged
}
