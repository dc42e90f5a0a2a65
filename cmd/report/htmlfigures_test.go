package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tidwall/gjson"
	"golang.org/x/net/html"
)

// Every figure of the page stands in the JSON report, and is the same there.
func TestHTMLFiguresAreTheReports(t *testing.T) {
	for _, s := range samples() {
		if s.name == "hostile" { // one id for everything: nothing could be told apart
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			r := s.report()
			doc, js := parseHTML(t, render(t, HTML, r)), gjson.Parse(render(t, JSON, r))
			named := find(doc, func(n *html.Node) bool { return attr(n, "data-f") != "" })
			if len(named) < 8 {
				t.Errorf("only %d figures are named", len(named))
			}
			for _, n := range named {
				if want := js.Get(attr(n, "data-f")); !want.Exists() || textOf(n) != want.String() {
					t.Errorf("%s is %s, the JSON report has %s", attr(n, "data-f"), textOf(n), want)
				}
			}
			checkTiles(t, doc, js)
			checkFindings(t, doc, js)
			checkEvents(t, doc, js)
			checkCharts(t, doc, js)
			checkTables(t, doc, js)
		})
	}
}

// micros writes a duration of the JSON report as the page does.
func micros(v gjson.Result) string { return Micros(time.Duration(v.Int()) * time.Microsecond).text() }

func checkTiles(t *testing.T, doc *html.Node, js gjson.Result) {
	score := func(path string) string {
		s := js.Get(path)
		right, wrong, undecided := s.Get("right").Int(), s.Get("wrong").Int(), s.Get("undecided").Int()
		out := fmt.Sprintf("%d of %d", right, right+wrong+undecided)
		if undecided > 0 {
			out += fmt.Sprintf(", %d undecided", undecided)
		}
		if wrong > 0 {
			out += fmt.Sprintf(", %d wrong", wrong)
		}
		return out
	}
	races := fmt.Sprintf("%s of %s", js.Get("stats.races_overlapped"), js.Get("stats.races"))
	if js.Get("stats.races_overlapped").Int() > 0 {
		races += ", median spread " + micros(js.Get("stats.race_spread_median_us"))
	} else if js.Get("stats.races").Int() > 0 {
		races += ": they prove nothing"
	}
	sent := fmt.Sprintf("%s of %s planned at most, in %s", js.Get("stats.attempts"), js.Get("stats.deliveries"), micros(js.Get("stats.elapsed_us")))
	want := []string{score("score"), score("reference.score"), races, sent}
	for i, n := range tagged(doc, "div", "tile") {
		if got := textOf(tagged(n, "p", "")[0]); got != want[i] {
			t.Errorf("tile %q, want %q", got, want[i])
		}
	}
}

func checkFindings(t *testing.T, doc *html.Node, js gjson.Result) {
	left := map[string]int{}
	for _, f := range js.Get("findings").Array() {
		title := f.Get("code").String()
		if c := f.Get("cause").String(); c != "" {
			title += ", " + c
		}
		left[title]++
		left[f.Get("message").String()]++
	}
	for _, g := range tagged(doc, "section", "group") {
		title := attr(g, "data-title")
		equal(t, "findings of "+title, mustInt(t, textOf(tagged(g, "b", "")[0])), left[title])
		for _, s := range tagged(g, "summary", "") {
			left[textOf(s)]--
		}
	}
	for _, f := range js.Get("findings").Array() {
		if m := f.Get("message").String(); left[m] != 0 {
			t.Errorf("told %d times less than the JSON report: %s", left[m], m)
		}
	}
	for i, l := range tagged(doc, "ol", "who") {
		if strings.Contains(textOf(l), "not 1") && !strings.Contains(textOf(l), "none") && !strings.Contains(textOf(l), "2 effects") {
			t.Errorf("timeline %d: %s", i, textOf(l))
		}
	}
}

func mustInt(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Error(err)
	}
	return n
}

// cellsOf is a table's text, without its head.
func cellsOf(n *html.Node) [][]string {
	var out [][]string
	for _, tr := range tagged(tagged(n, "tbody", "")[0], "tr", "") {
		cells := find(tr, func(n *html.Node) bool { return n.Data == "td" || n.Data == "th" })
		out = append(out, each(cells, textOf))
	}
	return out
}

func checkEvents(t *testing.T, doc *html.Node, js gjson.Result) {
	var want [][]string
	quiet := map[string][4]int64{}
	for _, e := range js.Get("events").Array() {
		get := func(name string) string { return e.Get(name).String() }
		if j := get("judgement"); !uneventful(j) {
			want = append(want, []string{get("key"), j, get("effects"), get("expected"), get("reference_effects"), get("deliveries"),
				get("acked"), get("fault"), get("type"), get("subject")})
			continue
		}
		k := get("type") + " " + get("judgement")
		q := quiet[k]
		quiet[k] = [4]int64{q[0] + 1, q[1] + e.Get("deliveries").Int(), q[2] + e.Get("acked").Int(), q[3] + e.Get("effects").Int()}
	}
	var got [][]string
	for _, table := range tagged(doc, "table", "rows") {
		got = append(got, cellsOf(table)...)
	}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("events %q, want %q", got, want)
	}
	for _, row := range cellsOf(tagged(doc, "table", "quiets")[0]) {
		k := row[0] + " " + row[1]
		if want := fmt.Sprintf("%d %d %d %d", quiet[k][0], quiet[k][1], quiet[k][2], quiet[k][3]); strings.Join(row[2:], " ") != want {
			t.Errorf("%s: %s, want %s", k, row[2:], want)
		}
		delete(quiet, k)
	}
	if len(quiet) > 0 {
		t.Errorf("no row for %v", quiet)
	}
}

func checkCharts(t *testing.T, doc *html.Node, js gjson.Result) {
	want := map[string][][]string{}
	for _, l := range js.Get("latency").Array() {
		want["chart-latency"] = append(want["chart-latency"], []string{l.Get("class").String(), l.Get("answers").String(),
			micros(l.Get("p50_us")), micros(l.Get("p99_us")), micros(l.Get("max_us"))})
	}
	for _, m := range js.Get("activity").Array() {
		want["chart-activity"] = append(want["chart-activity"], []string{micros(m.Get("from_us")), micros(m.Get("to_us")),
			m.Get("attempts").String(), m.Get("effects").String()})
	}
	for _, overlapped := range []string{"true", "false"} {
		all := js.Get("races.#(overlapped==" + overlapped + ")#.spread_us").Array()
		if n := len(all); n > 0 {
			slices.SortFunc(all, func(a, b gjson.Result) int { return int(a.Int() - b.Int()) })
			name := map[string]string{"true": "overlapped", "false": "not overlapped"}[overlapped]
			want["chart-spread"] = append(want["chart-spread"], []string{name, strconv.Itoa(n), micros(all[n/2]), micros(all[0]), micros(all[n-1])})
		}
	}
	for _, f := range tagged(doc, "figure", "chart") {
		id := attr(f, "id")
		if got := cellsOf(f); !slices.EqualFunc(got, want[id], slices.Equal[[]string]) {
			t.Errorf("%s: %q, want %q", id, got, want[id])
		}
		delete(want, id)
	}
	if len(want) > 0 {
		t.Errorf("no chart for %v", want)
	}
}

func checkTables(t *testing.T, doc *html.Node, js gjson.Result) {
	var checks, types [][]string
	for _, c := range js.Get("checks").Array() {
		checks = append(checks, []string{c.Get("name").String(), c.Get("status").String(), c.Get("findings").String(), c.Get("judged").String(), c.Get("reason").String()})
	}
	for _, y := range js.Get("types").Array() {
		types = append(types, []string{y.Get("type").String(), y.Get("events").String(), y.Get("effects").String(), micros(y.Get("latency_us")),
			micros(y.Get("lag_us")), y.Get("judgement").String(), y.Get("reason").String()})
	}
	section := find(doc, func(n *html.Node) bool { return attr(n, "id") == "checks" })[0]
	if got := cellsOf(section); !slices.EqualFunc(got, checks, slices.Equal[[]string]) {
		t.Errorf("checks %q, want %q", got, checks)
	}
	for _, table := range tagged(doc, "table", "types") {
		if got := cellsOf(table); !slices.EqualFunc(got, types, slices.Equal[[]string]) {
			t.Errorf("types %q, want %q", got, types)
		}
	}
}
