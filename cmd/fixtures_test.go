package cmd

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"hookonce/replay/fixture"
)

// TestFixturesLs: every event with what identifies it, every refusal with its reason, and the counts.
func TestFixturesLs(t *testing.T) {
	dir := filepath.Join("..", "testdata", "fixtures", "formats")
	list := func(o FixturesOptions, args ...string) (string, error) {
		var out bytes.Buffer
		s := &Streams{In: strings.NewReader(""), Out: &out, Err: &bytes.Buffer{}, Getenv: func(string) string { return "" }}
		err := runFixturesLs(newFixturesLsCmd(s), s, o, args)
		return out.String(), err
	}
	text, err := list(FixturesOptions{Out: "text"}, dir)
	for _, want := range []string{"TAKEN FOR", "recorded by hookonce", "headers of sidecar.json", "refused (Stripe CLI script)", "left out in part", "FOLDER", "stripe 22"} {
		if err != nil || !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s%v", want, text, err)
		}
	}
	text, err = list(FixturesOptions{Out: "json"}, dir)
	var got struct {
		Schema  string
		Events  []fixtureJSON
		Files   []fileJSON
		Folders []fixture.Folder
	}
	if err != nil || json.Unmarshal([]byte(text), &got) != nil || got.Schema != "hookonce.fixtures/v1" || len(got.Events) != 22 || len(got.Files) != 14 || got.Folders[0].Refused != 1 {
		t.Errorf("%v\n%s", err, text)
	}
	if text, err = list(FixturesOptions{Out: "text"}, filepath.Join(dir, "cli-script.json")); exitCode(err) != exitUsage || !strings.Contains(text, "API calls to make") {
		t.Errorf("no event at all gives %v\n%s", err, text)
	}
	if _, err = list(FixturesOptions{Out: "yaml"}, dir); exitCode(err) != exitUsage {
		t.Errorf("an unknown output gives %v", err)
	}
}
