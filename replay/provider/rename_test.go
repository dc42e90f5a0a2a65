package provider_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hookonce/replay"
	"hookonce/replay/provider"
)

// A rename changes the bytes of ids and no others: with the old ids put back, all is as it was.
func TestRenameTouchesIDsOnly(t *testing.T) {
	for _, name := range known(t).Names() {
		p, _ := known(t).ByName(name)
		for _, e := range eventsOf(t, name) {
			back := map[string]string{}
			got, err := p.Rename(e, func(old string) string {
				now := fresh(old)
				back[now] = old
				return now
			})
			if err != nil {
				t.Errorf("%s: %v", e.Fixture, err)
				continue
			}
			if got.Key == e.Key || e.Subject != "" && got.Subject == e.Subject || got.OriginalKey != e.Key || got.Fixture != e.Fixture ||
				got.Version != e.Version || got.Type != e.Type || got.Deletes != e.Deletes || len(got.Refs) != len(e.Refs) {
				t.Errorf("%s: renamed to %+v", e.Fixture, got)
			}
			// Longest first: one fresh id may be a part of another.
			var pairs []string
			for _, now := range slices.SortedFunc(mapKeys(back), func(a, b string) int { return len(b) - len(a) }) {
				pairs = append(pairs, now, back[now], url.QueryEscape(now), url.QueryEscape(back[now])) // as they stand in a form
			}
			undo := strings.NewReplacer(pairs...)
			if undone := undo.Replace(string(got.Body)); undone != string(e.Body) {
				t.Errorf("%s: more than ids changed:\n%s\n%s", e.Fixture, e.Body, got.Body)
			}
			for h := range e.Header {
				if undo.Replace(got.Header.Get(h)) != e.Header.Get(h) {
					t.Errorf("%s: %s was %s and is %s", e.Fixture, h, e.Header.Get(h), got.Header.Get(h))
				}
			}
		}
	}
}

func mapKeys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// The events of one object that are renamed together still speak of one object.
func TestRenameKeepsLifecyclesTogether(t *testing.T) {
	for _, name := range known(t).Names() {
		p, _ := known(t).ByName(name)
		now := map[string][]replay.Event{}
		for _, e := range eventsOf(t, name) {
			if e.Subject == "" {
				continue
			}
			got, err := p.Rename(e, fresh)
			if err != nil {
				t.Fatal(err)
			}
			now[e.Subject] = append(now[e.Subject], got)
		}
		versions := 0
		for old, events := range now {
			for _, e := range events {
				if e.Subject != events[0].Subject {
					t.Errorf("%s: %s became %s and %s", name, old, events[0].Subject, e.Subject)
				}
				versions = max(versions, len(events))
			}
		}
		if versions < 2 {
			t.Errorf("%s: no object has two versions among our fixtures", name)
		}
	}
}

func TestDetectEveryProvider(t *testing.T) {
	for _, name := range known(t).Names() {
		for _, e := range eventsOf(t, name) {
			if p, ok := known(t).Detect(e.Header, e.Body); !ok || p.Profile().Name != name {
				t.Errorf("%s: detected %v", e.Fixture, ok)
			}
		}
	}
}

func TestIDsInsideOtherText(t *testing.T) {
	p, _ := provider.ByName("shopify")
	e, err := p.Identify(http.Header{"X-Shopify-Topic": {"orders/create"}},
		[]byte(`{"id":5839201744193,"gid":"gid:\/\/shopify\/Order\/5839201744193","n":58392017441930,"x":"a5839201744193","total":5839201744193.0}`))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Rename(e, func(old string) string {
		if old == "5839201744193" {
			return "111"
		}
		return old + "Z"
	})
	want := `{"id":111,"gid":"gid:\/\/shopify\/Order\/111","n":58392017441930,"x":"a5839201744193","total":5839201744193.0}`
	if err != nil || string(got.Body) != want {
		t.Errorf("%v\n%s\n%s", err, got.Body, want)
	}
}

// A small number is an id in few places only.
func TestRenameLeavesOtherNumbersAlone(t *testing.T) {
	for _, c := range []struct {
		provider   string
		header     http.Header
		body, want string
	}{
		{"github", http.Header{"X-Github-Event": {"issues"}},
			`{"action":"opened","issue":{"url":"https://api.github.com/repos/a/b/issues/1","id":1990023377,"number":1,"user":{"id":1},"milestone":{"id":1,"number":1},"comments":1},"sender":{"id":1}}`,
			`{"action":"opened","issue":{"url":"https://api.github.com/repos/a/b/issues/2","id":7,"number":2,"user":{"id":1},"milestone":{"id":1,"number":1},"comments":1},"sender":{"id":1}}`},
		{"github", http.Header{"X-Github-Event": {"pull_request"}},
			`{"action":"opened","number":1,"pull_request":{"id":1990023377,"number":1,"commits":1},"repository":{"id":1}}`,
			`{"action":"opened","number":2,"pull_request":{"id":7,"number":2,"commits":1},"repository":{"id":1}}`},
		{"shopify", http.Header{"X-Shopify-Topic": {"refunds/create"}}, `{"id":1990023377,"order_id":1,"user_id":1,"total":1990023377}`,
			`{"id":7,"order_id":2,"user_id":1,"total":1990023377}`},
	} {
		p, _ := provider.ByName(c.provider)
		e, err := p.Identify(c.header, []byte(c.body))
		if err != nil {
			t.Fatal(err)
		}
		got, err := p.Rename(e, func(old string) string {
			switch old {
			case "1":
				return "2"
			case "1990023377":
				return "7"
			}
			return fresh(old)
		})
		if err != nil || string(got.Body) != c.want {
			t.Errorf("%s: %v\n%s\n%s", c.provider, err, got.Body, c.want)
		}
	}
}
