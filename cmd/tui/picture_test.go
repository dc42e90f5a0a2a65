package tui

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muesli/termenv"

	"hookonce/cmd/report"
)

// The README's picture is the screen as it is drawn, in colours. go test ./cmd/tui -run Picture -update makes it anew.
func TestPicture(t *testing.T) {
	res := judgedSample(t)
	m := coloured(Options{Recorded: &res}, 100, 30, termenv.TrueColor, true)
	got := picture(m.View(), 100, 30)
	path := filepath.Join("testdata", "screen.svg")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Error("the README's picture is not the screen any more; run with -update and look at it")
	}
}

// The size of a cell, in pixels.
const cellWide, cellHigh = 8.4, 18

// picture draws a frame as SVG: a rectangle per background, a text per stretch of one style.
func picture(frame string, width, height int) string {
	var b strings.Builder
	w, h := float64(width)*cellWide+24, float64(height)*cellHigh+24
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" font-family="ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14">`+"\n", w, h, w)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" rx="8" fill="#0d1117"/>`+"\n")
	for y, line := range strings.Split(frame, "\n") {
		x := 0
		for _, part := range strings.Split(line, "\x1b[") {
			codes, text, found := strings.Cut(part, "m")
			if !found || strings.Trim(codes, "0123456789;") != "" {
				codes, text = "", part
			}
			n := report.Cells(text)
			stretch(&b, codes, text, 12+float64(x)*cellWide, 12+float64(y)*cellHigh, float64(n)*cellWide)
			x += n
		}
	}
	return b.String() + "</svg>\n"
}

func stretch(b *strings.Builder, codes, text string, x, y, wide float64) {
	if text == "" {
		return
	}
	fore, back, weight := "#e6edf3", "", ""
	list := strings.Split(codes, ";")
	for i := 0; i < len(list); i++ {
		switch {
		case list[i] == "1":
			weight = ` font-weight="bold"`
		case list[i] == "7":
			fore, back = "#0d1117", "#d2a8ff"
		case i+4 < len(list) && list[i] == "38":
			if back == "" {
				fore = "rgb(" + strings.Join(list[i+2:i+5], ",") + ")"
			}
			i += 4
		case i+4 < len(list) && list[i] == "48":
			back = "rgb(" + strings.Join(list[i+2:i+5], ",") + ")"
			i += 4
		}
	}
	if back != "" {
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"/>`, x, y, wide, cellHigh, back)
	}
	if strings.TrimSpace(text) != "" {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" xml:space="preserve" fill="%s"%s>%s</text>`+"\n", x, y+14, wide, fore, weight, html.EscapeString(text))
	}
}
