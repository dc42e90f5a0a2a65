package provider

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hookonce/replay"
)

const testSecret = "whsec_test_only_not_a_secret"

// fixtures identifies every file of the project's own Stripe fixtures.
func fixtures(t testing.TB) map[string]replay.Event {
	t.Helper()
	root := filepath.Join("..", "..", "testdata", "fixtures", "stripe")
	events := map[string]replay.Event{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		e, err := stripe{}.Identify(nil, body)
		if err != nil {
			t.Errorf("%s %v", path, err)
		}
		name, err := filepath.Rel(root, path)
		events[filepath.ToSlash(name)] = e
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestTable(t *testing.T) {
	for _, name := range Names() {
		p, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		checkProfile(t, p.Profile())
	}
	_, err := ByName("nobody")
	if err == nil || !strings.Contains(err.Error(), "stripe") {
		t.Errorf("an unknown name gives %v, want an error that lists the known ones", err)
	}
}

func checkProfile(t *testing.T, p replay.Profile) {
	t.Helper()
	grades := map[string]replay.Grade{}
	for _, s := range p.Sources {
		if s.Text == "" || s.Where == "" || len(s.Date) != len("2006-01-02") {
			t.Errorf("%s: source of %q is incomplete: %+v", p.Name, s.Figure, s)
		}
		grades[s.Figure] = s.Grade
	}
	for _, figure := range []string{"patience", "success", "retries", "retry_span", "tie_rule", "identity", "signing", "failure"} {
		if grades[figure] == "" {
			t.Errorf("%s: %q has no source", p.Name, figure)
		}
	}
	if p.Key == "" || p.Identity == "" || p.Order == "" || p.Signing == "" || p.Failure == "" || p.ContentType == "" || p.Tolerance > 0 && grades["tolerance"] == "" {
		t.Errorf("%s: a part of the profile is not told: %+v", p.Name, p)
	}
	var span int64
	for _, w := range p.Retries {
		span += int64(w)
	}
	if span > int64(p.RetrySpan) || !p.Acknowledges(200) || p.Acknowledges(302) || p.Patience <= 0 {
		t.Errorf("%s: the figures contradict each other: %+v", p.Name, p)
	}
}

func TestStripeUnpublishedFiguresAreMarked(t *testing.T) {
	for _, s := range (stripe{}).Profile().Sources {
		if (s.Figure == "patience" || s.Figure == "retries") && s.Grade != replay.GradeUnverified {
			t.Errorf("%s is unpublished, but graded %s", s.Figure, s.Grade)
		}
	}
}

func TestDetect(t *testing.T) {
	signed := http.Header{}
	signed.Set("Stripe-Signature", "t=1,v1=00")
	for _, c := range []struct {
		name   string
		header http.Header
		body   string
		want   bool
	}{
		{"event", nil, `{"object":"event","type":"a.b","data":{"object":{}}}`, true},
		{"thin event", nil, `{"object":"v2.core.event","type":"a.b","related_object":{"id":"x"}}`, true},
		{"header alone", signed, `{}`, true},
		{"another provider", nil, `{"action":"opened","issue":{}}`, false},
		{"list", nil, `[1]`, false},
		{"no JSON", nil, `a=b&c=d`, false},
		{"empty", nil, ``, false},
	} {
		if p, ok := Detect(c.header, []byte(c.body)); ok != c.want || ok && p.Profile().Name != "stripe" {
			t.Errorf("%s: detected %v", c.name, ok)
		}
	}
}

func TestEachStringKnowsItsPlace(t *testing.T) {
	body := []byte(`{"a":["x",{"b":"y\u0041"}],"metadata":{"m":["z"]},"data":{"metadata":"w","c":"v"}}`)
	var got []string
	eachString(body, "metadata", func(t token) {
		if t.key {
			return
		}
		free := ""
		if t.free {
			free = " free"
		}
		got = append(got, t.top+" "+t.name+"="+t.value+free)
		var s string
		if err := json.Unmarshal(body[t.start:t.end], &s); err != nil || s != t.value {
			panic("the bytes are not the token's")
		}
	})
	want := "a a=x|a b=yA|metadata m=z free|data metadata=w free|data c=v"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
