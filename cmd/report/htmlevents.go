package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"

	"hookonce/replay/redact"
)

// maxEventRows is how many events with findings have a row of their own, and maxEventBytes what their text weighs.
const (
	maxEventRows  = 3000
	maxEventBytes = 512 << 10
)

// eventsView is the table of events: a row for each about which there is something to say, and the others
// counted by type and by what was made of them.
type eventsView struct {
	Rows  []eventRow
	Quiet []quietRow
	Total int
	// Eventful is how many there is something to say about; Left how many of those have no row.
	Eventful, Left int
	// QuietLeft is how many kinds of the others have no row.
	QuietLeft int
}

type eventRow struct {
	Key, Type, Subject, Fault, Judgement string
	Deliveries, Acked, Effects, Expected int
	Reference                            string
}

type quietRow struct {
	Type, Judgement                    string
	Events, Deliveries, Acked, Effects int
}

// uneventful says that nothing was found about an event, and that it was judged or had nothing to be judged.
func uneventful(judgement string) bool {
	return judgement == "ok" || judgement == "superseded" || undecided(judgement)
}

func (r Report) viewEvents() eventsView {
	v := eventsView{Total: len(r.Events)}
	type key struct{ kind, judgement string }
	quiet := map[key]int{}
	room := maxEventBytes
	for _, e := range r.Events {
		if !uneventful(e.Judgement) {
			v.Eventful++
			row := e.view()
			room -= len(template.HTMLEscapeString(row.Key + row.Type + row.Subject + row.Fault + row.Judgement))
			if len(v.Rows) < maxEventRows && room > 0 {
				v.Rows = append(v.Rows, row)
			}
			continue
		}
		k := key{e.Type, e.Judgement}
		i, ok := quiet[k]
		if !ok {
			i = len(v.Quiet)
			quiet[k] = i
			v.Quiet = append(v.Quiet, quietRow{Type: redact.Screen(e.Type, 100), Judgement: redact.Screen(e.Judgement, 40)})
		}
		q := &v.Quiet[i]
		q.Events, q.Deliveries, q.Acked, q.Effects = q.Events+1, q.Deliveries+e.Deliveries, q.Acked+e.Acked, q.Effects+e.Effects
	}
	v.Left = v.Eventful - len(v.Rows)
	slices.SortStableFunc(v.Quiet, func(a, b quietRow) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Judgement, b.Judgement))
	})
	const most = 500
	v.QuietLeft = max(0, len(v.Quiet)-most)
	v.Quiet = v.Quiet[:len(v.Quiet)-v.QuietLeft]
	return v
}

func (e Event) view() eventRow {
	row := eventRow{Key: redact.Screen(e.Key, 100), Type: redact.Screen(e.Type, 100), Subject: redact.Screen(e.Subject, 100), Fault: redact.Screen(e.Fault, 40),
		Judgement: redact.Screen(e.Judgement, 40), Deliveries: e.Deliveries, Acked: e.Acked, Effects: e.Effects, Expected: e.Expected, Reference: "–"}
	if e.ReferenceEffects != nil {
		row.Reference = fmt.Sprint(*e.ReferenceEffects)
	}
	return row
}
