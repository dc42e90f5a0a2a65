package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
)

// The page's parts. They are one file when it is written: a report must open on a machine without a network.
var (
	//go:embed web/page.html
	pageHTML string
	//go:embed web/parts.html
	partsHTML string
	//go:embed web/page.css
	pageCSS string
	//go:embed web/page.js
	pageJS string
)

// HTML writes a page that stands by itself: it loads nothing, its policy lets nothing run or load but its own
// style and script, and it is readable without the script. Text from outside is never markup. Findings beyond
// maxDetails are listed in one line each, and events about which there is nothing to say are counted by type.
func HTML(w io.Writer, r Report) error {
	t, err := template.New("page").Parse(pageHTML)
	if err == nil {
		t, err = t.Parse(partsHTML)
	}
	if err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	v := newView(r)
	if v.Groups, err = r.viewGroups(t); err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// policy is the page's Content-Security-Policy. The hashes are of the very bytes between the tags.
func policy() template.HTMLAttr {
	return template.HTMLAttr(fmt.Sprintf(`content="default-src 'none'; style-src '%s'; script-src '%s'; base-uri 'none'; form-action 'none'"`,
		hashOf(pageCSS), hashOf(pageJS)))
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
