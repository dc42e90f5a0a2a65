package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// corpus holds what bodies, ids and errors have been seen, or are known, to carry.
func corpus() map[string]string {
	return map[string]string{
		"ansi colour":       "\x1b[31mred\x1b[0m",
		"ansi clear":        "\x1b[2J\x1b[H\x1bc",
		"c1 csi":            "\u009b31mred",
		"raw c1 byte":       "\x9b31m",
		"osc 8 link":        "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
		"osc 52 clipboard":  "\x1b]52;c;cm0gLXJmIC8=\x07",
		"bidi":              "\u202eevil\u2066\u2069",
		"html":              "</details></pre><script>alert(1)</script><img src=x onerror=alert(1)>",
		"cdata end":         "]]><failure/>",
		"xml":               "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]>&a;",
		"nul":               "a\x00b",
		"lines":             "a\r\nb\n::error::injected\n```\n# heading\n| a | b |",
		"markdown":          "**x** _y_ [a](javascript:alert(1)) ![i](http://evil.example/x.png) www.evil.example a@b.example @everyone #1 :smile: `c`",
		"markdown lead":     "- 1. > # ---",
		"fences":            "``````\n~~~~",
		"invalid utf-8":     "\xff\xfe\xc0\xaf\xed\xa0\x80",
		"noncharacters":     "\uffff\ufffe\U0010ffff",
		"wide":              strings.Repeat("支払い🎉", 40),
		"combining":         "e" + strings.Repeat("\u0301", 500),
		"zero width":        "a\u200b\u200d\ufeffb\u00ad",
		"long":              strings.Repeat("abcdefghij", 300),
		"long without cuts": strings.Repeat("\x1b", 800),
		"quotes":            `'"` + "`$(touch pwned)" + `\`,
		"empty":             "",
		"spaces":            "   ",
	}
}

func forCorpus(t *testing.T, f func(t *testing.T, r Report)) {
	for name, s := range corpus() {
		t.Run(name, func(t *testing.T) { f(t, hostile(s).report()) })
	}
}

// harmless says that nothing but lines of visible characters is there.
func harmless(t *testing.T, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Error("not valid UTF-8")
	}
	for _, r := range out {
		if r != '\n' && unsafeRune(r) {
			t.Fatalf("contains %U", r)
		}
	}
}

func TestTextIsHarmlessAndAligned(t *testing.T) {
	sgr := regexp.MustCompile("\x1b\\[[0-9;]+m")
	check := func(t *testing.T, r Report) {
		for _, s := range []Style{{}, {Width: 100, PerGroup: -1}, {ASCII: true, Width: 60}, {Colour: true}} {
			out := render(t, Text(s), r)
			if s.Colour {
				out = sgr.ReplaceAllString(out, "")
				if out != render(t, Text(Style{}), r) {
					t.Error("colour changes the text")
				}
			}
			harmless(t, out)
			widths(t, out, s, len(splitWords(r.Command)) > 0)
			if s.ASCII && strings.IndexFunc(out, func(c rune) bool { return c >= 0x80 }) >= 0 {
				t.Error("not ASCII")
			}
		}
	}
	forCorpus(t, check)
	for _, s := range samples() {
		t.Run("sample "+s.name, func(t *testing.T) { check(t, s.report()) })
	}
}

// widths checks every line but those of commands, whose single words are never broken.
func widths(t *testing.T, out string, s Style, commands bool) {
	t.Helper()
	inCommand := false
	for i, l := range strings.Split(out, "\n") {
		label := strings.TrimSpace(l[:min(len(l), indent+labelWidth)])
		if label != "" {
			inCommand = commands && (label == "reproduce" || label == "again")
		}
		most := newPage(s).width
		if i < headLines {
			most = max(most, headWidth)
		}
		if n := cells(l); n > most && !inCommand {
			t.Errorf("line %d has %d columns of %d: %s", i+1, n, most, l)
		}
	}
}

func TestHeadFitsOneScreen(t *testing.T) {
	check := func(t *testing.T, r Report) {
		p := newPage(Style{Width: 100})
		p.head(r)
		lines := strings.Split(strings.TrimSuffix(p.buf.String(), "\n"), "\n")
		if len(lines) > headLines {
			t.Errorf("%d lines:\n%s", len(lines), p.buf.String())
		}
		for _, l := range lines {
			if cells(l) > headWidth {
				t.Errorf("%d columns: %s", cells(l), l)
			}
		}
	}
	forCorpus(t, check)
	for _, s := range samples() {
		t.Run("sample "+s.name, func(t *testing.T) {
			check(t, s.report())
			s.verdict.Verdict, s.verdict.Missing = "inconclusive", strings.Split(strings.Repeat("something long that is missing and more of it,", 40), ",")
			s.journal.Target.Complete = false
			check(t, s.report())
		})
	}
}

func TestJSONIsHarmlessAndValid(t *testing.T) {
	sch := compile(t)
	check := func(t *testing.T, r Report) {
		out := render(t, JSON, r)
		harmless(t, out)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if err := sch.Validate(doc); err != nil {
			t.Error(err)
		}
	}
	for _, s := range samples() {
		t.Run("sample "+s.name, func(t *testing.T) { check(t, s.report()) })
	}
	for name, text := range corpus() {
		t.Run(name, func(t *testing.T) {
			check(t, hostile(text).report())
		})
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSONSchema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource("report.json", doc); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("report.json")
}

func TestSchemaRefusesOtherThings(t *testing.T) {
	sch := compile(t)
	out := render(t, JSON, failing().report())
	for name, change := range map[string]func(map[string]any){
		"unknown field":   func(m map[string]any) { m["extra"] = 1 },
		"missing field":   func(m map[string]any) { delete(m, "verdict") },
		"unknown verdict": func(m map[string]any) { m["verdict"] = "green" },
		"float duration":  func(m map[string]any) { m["stats"].(map[string]any)["elapsed_us"] = 1.5 },
		"negative count":  func(m map[string]any) { m["score"].(map[string]any)["right"] = -1 },
	} {
		var doc map[string]any
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err)
		}
		change(doc)
		if sch.Validate(doc) == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

func TestJUnitParsesBack(t *testing.T) {
	forCorpus(t, func(t *testing.T, r Report) {
		out := render(t, JUnit, r)
		harmless(t, out)
		dec := xml.NewDecoder(strings.NewReader(out))
		for {
			tok, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Error("an element came from outside")
			}
		}
		parseJUnit(t, out)
	})
}

func parseJUnit(t *testing.T, out string) junitSuites {
	t.Helper()
	var s junitSuites
	if err := xml.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMarkdownIsInert(t *testing.T) {
	ours := regexp.MustCompile(`</?(details|summary)( open)?>`)
	forCorpus(t, func(t *testing.T, r Report) {
		out := render(t, Markdown, r)
		harmless(t, out)
		prose := ours.ReplaceAllString(outsideFences(t, out), "")
		for _, bad := range []string{"<", "](", "www.", "http://", "@", "\\", "_", "~~"} {
			if i := strings.Index(prose, bad); i >= 0 {
				t.Errorf("%q in prose: %q", bad, prose[max(0, i-40):min(len(prose), i+40)])
			}
		}
		for _, l := range strings.Split(prose, "\n") {
			if strings.HasPrefix(l, "|") && strings.Count(l, "|") != 3 && strings.Count(l, "|") != 6 {
				t.Errorf("a cell breaks its row: %s", l)
			}
		}
	})
}

// outsideFences leaves out code blocks, and fails where one does not end.
func outsideFences(t *testing.T, s string) string {
	t.Helper()
	var out []string
	fence := ""
	for _, l := range strings.Split(s, "\n") {
		ticks := l[:len(l)-len(strings.TrimLeft(l, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && l == fence:
			fence = ""
		case fence == "":
			out = append(out, l)
		}
	}
	if fence != "" {
		t.Error("a code block does not end")
	}
	return strings.Join(out, "\n")
}
