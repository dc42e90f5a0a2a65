package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"hookonce/dedupe/audit"
	"hookonce/replay"
)

func parseHTML(t *testing.T, page string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// find lists the elements that match, in the order of the page.
func find(n *html.Node, match func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && match(d) {
			out = append(out, d)
		}
	}
	return out
}

func tagged(n *html.Node, tag, class string) []*html.Node {
	return find(n, func(n *html.Node) bool {
		return n.Data == tag && (class == "" || slices.Contains(strings.Fields(attr(n, "class")), class))
	})
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// Whatever comes from outside, the page has one style and one script, ours, and nothing that loads or runs.
func TestHTMLIsInert(t *testing.T) {
	check := func(t *testing.T, r Report) {
		page := render(t, HTML, r)
		harmless(t, page)
		if strings.Contains(page, "ZgotmplZ") {
			t.Error("the template refused a value")
		}
		doc := parseHTML(t, page)
		policy := ""
		for _, n := range find(doc, func(*html.Node) bool { return true }) {
			if attr(n, "http-equiv") == "Content-Security-Policy" {
				policy = attr(n, "content")
			}
			checkElement(t, n)
		}
		for _, tag := range []string{"style", "script"} {
			found := tagged(doc, tag, "")
			if len(found) != 1 {
				t.Fatalf("%d elements %s", len(found), tag)
			}
			sum := sha256.Sum256([]byte(found[0].FirstChild.Data))
			if hash := base64.StdEncoding.EncodeToString(sum[:]); !strings.Contains(policy, tag+"-src 'sha256-"+hash+"'") {
				t.Errorf("the policy does not allow our own %s: %s", tag, policy)
			}
		}
		if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
			t.Errorf("policy %s", policy)
		}
	}
	forCorpus(t, check)
	for name, text := range payloads() {
		t.Run("payload "+name, func(t *testing.T) { check(t, hostile(text).report()) })
	}
	for _, s := range samples() {
		t.Run("sample "+s.name, func(t *testing.T) { check(t, s.report()) })
	}
}

// checkElement refuses what the page's own template never writes.
func checkElement(t *testing.T, n *html.Node) {
	t.Helper()
	ours := "html head meta title style body a svg defs path header p div h1 h2 h3 span nav b main section ul ol li line use g rect text dl dt dd " +
		"pre details summary label input select option button output table thead tbody tr th td figure figcaption script"
	if !slices.Contains(strings.Fields(ours), n.Data) {
		t.Errorf("an element %s", n.Data)
	}
	for _, a := range n.Attr {
		link := a.Key == "href" && !strings.HasPrefix(a.Val, "#")
		if link || strings.HasPrefix(a.Key, "on") || slices.Contains([]string{"src", "style", "srcdoc", "action", "data", "poster", "ping"}, a.Key) {
			t.Errorf("%s has %s=%q", n.Data, a.Key, a.Val)
		}
	}
}

// payloads are bodies made to run in a browser, each by another way out of the text it stands in.
func payloads() map[string]string {
	const run = "window.pwned=1"
	return map[string]string{
		"script":           "<script>" + run + "</script>",
		"closing script":   "</script><script>" + run + "</script>",
		"closing style":    "</style><script>" + run + "</script>",
		"closing title":    "</title><script>" + run + "</script>",
		"closing pre":      "</pre></dd></dl></details><script>" + run + "</script>",
		"closing select":   "</option></select><script>" + run + "</script>",
		"closing svg":      "</title></g></svg><script>" + run + "</script>",
		"comment":          "--><script>" + run + "</script><!--",
		"conditional":      "<!--[if true]><script>" + run + "</script><![endif]-->",
		"double quote":     `" autofocus onfocus="` + run + `" x="`,
		"single quote":     `' autofocus onfocus='` + run + `' x='`,
		"backtick":         "` onmouseover=" + run + " x=`",
		"no quote":         " onpointerenter=" + run + " ",
		"img":              "<img src=x onerror=" + run + ">",
		"img encoded":      "&lt;img src=x onerror=" + run + "&gt;",
		"svg onload":       "<svg onload=" + run + ">",
		"svg script":       "<svg><script href=data:text/javascript," + run + " /></svg>",
		"svg animate":      "<svg><animate onbegin=" + run + " attributeName=x dur=1s>",
		"svg use":          "<svg><use href=\"data:image/svg+xml,<svg id='x' xmlns='http://www.w3.org/2000/svg'><image href='1' onerror='" + run + "'/></svg>#x\">",
		"mathml":           "<math><mtext></form><form><mglyph><style></math><img src onerror=" + run + ">",
		"noscript":         "<noscript><p title=\"</noscript><img src=x onerror=" + run + ">\">",
		"template":         "<template><script>" + run + "</script></template>",
		"iframe":           "<iframe src=javascript:parent." + run + "></iframe>",
		"iframe srcdoc":    "<iframe srcdoc=\"<script>parent." + run + "</script>\">",
		"object":           "<object data=javascript:" + run + ">",
		"embed":            "<embed src=javascript:" + run + ">",
		"link":             "<a href=javascript:" + run + " autofocus>x</a>",
		"form":             "<form action=javascript:" + run + "><input autofocus onfocus=" + run + "></form>",
		"details":          "<details open ontoggle=" + run + ">",
		"video":            "<video><source onerror=" + run + "></video>",
		"body":             "<body onload=" + run + ">",
		"base":             "<base href=http://127.0.0.1:9/>",
		"meta":             "<meta http-equiv=refresh content='0;url=javascript:" + run + "'>",
		"meta policy":      "<meta http-equiv=Content-Security-Policy content=\"script-src *\">",
		"stylesheet":       "<link rel=stylesheet href=http://127.0.0.1:9/x.css><style>@import 'http://127.0.0.1:9/y.css'</style>",
		"tab in scheme":    "java\tscript:" + run,
		"template literal": "${" + run + "}{{" + run + "}}{%" + run + "%}",
		"js string":        `';` + run + `;//`,
		"js line":          "\u2028" + run + "\u2029",
		"utf-7":            "+ADw-script+AD4-" + run + "+ADw-/script+AD4-",
		"overlong":         "\xc0\xbcscript\xc0\xbe" + run,
		"bom":              "\ufeff<script>" + run + "</script>",
		"nul":              "<scr\x00ipt>" + run + "</scr\x00ipt>",
		"long":             strings.Repeat("<script>"+run+"</script>", 200),
	}
}

// vast is the report of a run with a hundred thousand attempts, of which n percent of the events went wrong.
func vast(percent int) Report {
	b := newBench()
	b.control(10)
	b.raced(1, time.Second)
	f, e := b.v.Findings[0], b.v.Events[len(b.v.Events)-1]
	attempts := b.j.Target.Attempts[len(b.j.Target.Attempts)-2:]
	for i := range 50_000 {
		key := fmt.Sprintf("evt_h7_1QK4mZ2eZvKYlo2CvastO%06d", i)
		b.j.Target.Plan.Events = append(b.j.Target.Plan.Events, replay.Event{Key: key, Type: "invoice.paid", Subject: fmt.Sprint("in_", i), Provider: "stripe"})
		x := e
		x.Key, x.Subject, x.Judgement, x.Effects = key, fmt.Sprint("in_", i), "ok", 1
		for _, a := range attempts {
			a.Delivery, a.Event, a.Body = len(b.j.Target.Plan.Deliveries)+1, key, `{"status":"done"}`
			b.j.Target.Plan.Deliveries = append(b.j.Target.Plan.Deliveries, replay.Delivery{N: a.Delivery, Event: key, Phase: replay.PhaseFault,
				Role: replay.RoleFirst, Fault: "race", Conditions: replay.Conditions{Gate: i + 1}})
			b.j.Target.Attempts = append(b.j.Target.Attempts, a)
		}
		if i%100 < percent {
			x.Judgement, x.Effects = f.Code, 2
			g := f
			g.Event, g.Subject, g.Message = key, x.Subject, key+f.Message[strings.Index(f.Message, " "):]
			g.Code, g.Deliveries = audit.Codes()[i%7], []int{len(b.j.Target.Attempts) - 1, len(b.j.Target.Attempts)}
			g.Evidence.Attempts = slices.Clone(b.j.Target.Attempts[len(b.j.Target.Attempts)-2:])
			b.v.Findings = append(b.v.Findings, g)
		}
		b.v.Races = append(b.v.Races, replay.Gate{Number: i + 1, Copies: 2, Overlapped: true, Spread: time.Duration(i%700) * time.Microsecond})
		b.v.Events = append(b.v.Events, x)
	}
	b.v.Verdict = audit.Fail
	b.checks(map[string]audit.Status{f.Code: audit.Fail}, nil)
	b.j.Target.Stats = replay.StatsOf(b.j.Target.Plan, b.j.Target.Attempts)
	b.j.Reference = nil
	return New(b.j, b.v)
}

// A hundred thousand attempts stay a page that opens; what has no room is counted, and is in the JSON report.
func TestHTMLWeight(t *testing.T) {
	const most = 5 << 20
	for _, wrong := range []int{1, 40} {
		r := vast(wrong)
		page := render(t, HTML, r)
		t.Logf("%d %% of the events wrong: %d bytes", wrong, len(page))
		if len(page) > most {
			t.Errorf("%d %% wrong: %d bytes, more than %d", wrong, len(page), most)
		}
		var doc struct{ Events, Findings []json.RawMessage }
		if err := json.Unmarshal([]byte(render(t, JSON, r)), &doc); err != nil {
			t.Fatal(err)
		}
		equal(t, "events in the JSON report", len(doc.Events), len(r.Events))
		equal(t, "findings in the JSON report", len(doc.Findings), len(r.Findings))
		checkAccounted(t, parseHTML(t, page), r)
	}
	for name, text := range map[string]string{"quotes": strings.Repeat("<", 20_000), "escapes": strings.Repeat("\x1b", 20_000)} {
		r := hostile(text).report()
		for range 6 {
			r.Findings = append(r.Findings, r.Findings...)
		}
		for len(r.Events) < 20_000 {
			r.Events = append(r.Events, r.Events...)
		}
		if n := len(render(t, HTML, r)); n > most {
			t.Errorf("%s: %d bytes", name, n)
		}
	}
}

// checkAccounted adds up what is told in full, in a line, and counted only.
func checkAccounted(t *testing.T, doc *html.Node, r Report) {
	t.Helper()
	total := 0
	for _, g := range tagged(doc, "section", "group") {
		total += len(tagged(g, "details", "finding"))
		for _, rest := range tagged(g, "details", "rest") {
			total += len(tagged(rest, "li", ""))
		}
		for _, p := range tagged(g, "p", "quiet") {
			if n, ok := strings.CutSuffix(textOf(p), " more, which the JSON report has"); ok {
				total += mustInt(t, strings.TrimPrefix(n, "and "))
			}
		}
	}
	equal(t, "findings accounted for", total, len(r.Findings))
}
