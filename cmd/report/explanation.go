package report

import (
	"strings"

	"hookonce/replay/redact"
)

// Explanation says which known flaw the target behaves like. It changes no verdict.
type Explanation struct {
	// Statement is the whole in a sentence.
	Statement string `json:"statement"`
	// Observations is how many events were compared, Wrong how many of them were not as they should be.
	Observations int `json:"observations"`
	Wrong        int `json:"wrong"`
	// Fits are the flaws that fit; several where the plan does not tell them apart, none where no known flaw does.
	Fits []Fit `json:"fits"`
	// Event is the one the trace is about, Code what was found on it, and Fix what to do about it.
	Event string `json:"event"`
	Code  string `json:"code"`
	Fix   string `json:"fix"`
	// Trace is what the first of Fits did with the event, in virtual time: the lines of a drawing.
	Trace []string `json:"trace"`
}

// Fit is a built-in flawed handler and on how many observations it behaves as the target.
type Fit struct {
	Handler string `json:"handler"`
	Flaw    string `json:"flaw"`
	Same    int    `json:"same"`
}

func (f Fit) name() string { return clipMiddle(redact.Screen(f.Handler, 200), 20) }

// explanation stands below the findings.
func (p *page) explanation(x *Explanation) {
	if x == nil {
		return
	}
	p.blank()
	p.labelled("explained", bold, redact.Screen(x.Statement, 600), p.width, 6)
	for _, f := range x.Fits {
		p.labelled("", plainInk, f.name()+": "+redact.Screen(f.Flaw, 300), p.width, 6)
	}
	if len(x.Fits) == 0 {
		return
	}
	p.labelled("fix", plainInk, redact.Screen(x.Fix, 800), p.width, 12)
	p.blank()
	p.line(piece{"  " + x.traceTitle() + ":", bold})
	for _, l := range x.Trace {
		ink := plainInk
		if strings.Contains(l, "▲") { // the moment of the flaw
			ink = redBold
		}
		p.line(piece{"  " + clip(redact.Screen(l, maxLine), p.width-indent), ink})
	}
}

func (x *Explanation) traceTitle() string {
	return "what " + x.Fits[0].name() + " does with " + clipMiddle(redact.Screen(x.Event, 200), 18)
}

// traceText is the drawing in one piece.
func (x *Explanation) traceText() string {
	return strings.Join(each(x.Trace, func(l string) string { return redact.Screen(l, maxLine) }), "\n")
}

// explanationView is an explanation for the page.
type explanationView struct {
	Statement, Fix, Title, Trace string
	Fits                         []factView
}

func (x *Explanation) view() *explanationView {
	if x == nil {
		return nil
	}
	v := &explanationView{Statement: show(x.Statement)}
	for _, f := range x.Fits {
		v.Fits = append(v.Fits, factView{f.name(), show(f.Flaw)})
	}
	if len(x.Fits) > 0 {
		v.Fix, v.Title, v.Trace = redact.Screen(x.Fix, 800), x.traceTitle(), x.traceText()
	}
	return v
}

func (m *markdown) explanation(x *Explanation) {
	if x == nil {
		return
	}
	m.printf("### Explained\n\n%s\n\n", escapeMarkdown(x.Statement, maxLine))
	for _, f := range x.Fits {
		m.printf("- **%s**: %s\n", escapeMarkdown(f.Handler, 80), escapeMarkdown(f.Flaw, maxLine))
	}
	if len(x.Fits) == 0 {
		return
	}
	m.printf("\n**Do:** %s\n\n", escapeMarkdown(x.Fix, maxLine))
	m.fence("text", x.traceText())
}
