package observe

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// told writes a snapshot as the effects that lead to it from nothing.
func told(s *snapshot) []string {
	all := []string{}
	for _, e := range s.since(newSnapshot(0)) {
		all = append(all, short(e))
	}
	return all
}

func TestDecodeJSON(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		want string // joined by "; "
	}{
		"nothing":               {"", ""},
		"empty list":            {"[]", ""},
		"empty object":          {"{}", ""},
		"byte order mark":       {"\xef\xbb\xbf[\"evt_1\"]", "evt_1 +1"},
		"strings":               {`["evt_1","evt_2","evt_1"]`, "evt_1 +2; evt_2 +1"},
		"numbers keep digits":   {`[9007199254740993, {"id": 12345678901234567890}]`, "9007199254740993 +1; 12345678901234567890 +1"},
		"objects":               {`[{"id":"evt_1"},{"event":"evt_2","count":3},{"key":"evt_3"},{"event_id":"evt_4"}]`, "evt_1 +1; evt_2 +3; evt_3 +1; evt_4 +1"},
		"counts as strings":     {`[{"id":"evt_1","count":"2"}]`, "evt_1 +2"},
		"count of nothing":      {`[{"id":"evt_1","count":0}]`, ""},
		"names":                 {`[{"id":"a","effect":"charge"},{"id":"a","name":"email"},{"id":"a","effect":null,"name":"sms"}]`, "charge a +1; email a +1; sms a +1"},
		"processed":             {`{"processed":[{"id":"evt_1","count":2}],"errors":[1]}`, "evt_1 +2"},
		"processed and states":  {`{"processed":["evt_1"],"states":[{"subject":"s","version":1}]}`, "evt_1 +1; s=1"},
		"exactly one list":      {`{"total":2,"charges":[{"id":"evt_1"}],"id":"page_1"}`, "evt_1 +1"},
		"a map":                 {`{"evt_1":1,"evt_2":2}`, "evt_1 +1; evt_2 +2"},
		"a map with a code":     {`{"evt_1":1,"code":2}`, "evt_1 +1; code +2"},
		"a list with a code":    {`{"code":0,"message":"ok","processed":["evt_1"]}`, "evt_1 +1"},
		"one item":              {`{"id":"evt_1","count":2}`, "evt_1 +2"},
		"one state":             {`{"subject":"s","versions":[1,2]}`, "s=1; s=2"},
		"lines":                 {"{\"id\":\"evt_1\"}\n\n\"evt_2\"\r\n{\"subject\":\"s\",\"version\":7}\n", "evt_1 +1; evt_2 +1; s=7"},
		"the plan's id first":   {`[{"id":17,"event":"evt_1"},{"id":"evt_2","event":"invoice.paid"},{"event_id":"evt_9","id":"evt_8"}]`, "evt_1 +1; evt_2 +1; evt_9 +1"},
		"states":                {`[{"subject":"a","version":"3"},{"subject":5,"version":9007199254740993},{"subject":"b","version":1,"deleted":true}]`, "a=3; 5=9007199254740993; b=1 deleted"},
		"numbers as truth":      {`[{"subject":"a","version":1,"deleted":1},{"subject":"b","version":1,"deleted":0},{"subject":"c","version":1,"deleted":null}]`, "a=1 deleted; b=1; c=1"},
		"histories":             {`[{"subject":"a","version":2,"versions":[1,2]},{"subject":"b","versions":[1],"version":4},{"subject":"c","versions":[1,{"version":2,"deleted":true},3]}]`, "a=1; a=2; b=1; b=4; c=1; c=2 deleted; c=3"},
		"a history's end":       {`[{"subject":"a","version":2,"versions":[1,2],"deleted":true},{"subject":"b","versions":[1],"deleted":true}]`, "a=1; a=2 deleted; b=1 deleted"},
		"nothing committed yet": {`[{"subject":"a","version":null,"versions":[]}]`, ""},
		"a state that counts":   {`[{"id":"evt_1","subject":"a","version":1},{"id":"evt_1","subject":"b","version":1,"count":1}]`, "evt_1 +1; a=1; b=1"},
		"a subject alone":       {`[{"id":"evt_1","subject":"a"}]`, "evt_1 +1"},
		"rows of one subject":   {`[{"subject":"a","version":1},{"subject":"a","version":2}]`, "a=1; a=2"},
		"without an id":         {`["",{"id":null,"count":2},{"event_id":"","id":"evt_1"},{"event":"","effect":"mail"},{"id":"","count":0}]`, " +3; evt_1 +1; mail  +1"},
		"escapes":               {`["\u00e9vt\n"]`, "évt\n +1"},
	} {
		s, err := decodeJSON([]byte(c.body), among("evt_1", "evt_2"))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(told(s), "; "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestDecodeJSONErrors(t *testing.T) {
	for body, want := range map[string]string{
		"<!DOCTYPE html>":                  `not JSON: invalid character '<' looking for beginning of value, at byte 1 near "<!DOCTYPE html>"; want a list`,
		`{"evt_1": NaN}`:                   "invalid character 'N'",
		`[{"id":"evt_1","count":1}`:        "unexpected end of JSON input",
		"\"evt_1\"\n{\"id\":":              "line 2 is not JSON",
		"{\"id\":\"a\"}\n[1]":              "line 2: found a list, want an object or an id",
		`7`:                                "found a number; want a list",
		`null`:                             "found null",
		`{"code":500}`:                     `looks like an error's message, and no counts: {"code":500}; want a list`,
		`{"Status":503,"error":["x"]}`:     "looks like an error's message",
		`{"message":"evt_1","code":"x"}`:   "looks like an error's message",
		`[null]`:                           "item 1 of the list: found null",
		`["a",true]`:                       "item 2 of the list: found a truth value",
		`[{}]`:                             "no id in event_id, id, event or key",
		`[{"id":"a","count":-1}]`:          `id "a": the count -1 is negative`,
		`[{"id":"a","count":1.5}]`:         `the count "1.5" is not a whole number`,
		`[{"id":"a","count":1e3}]`:         `the count "1e3" is not a whole number`,
		`[{"id":"a","count":"NaN"}]`:       `the count "NaN" is not a whole number`,
		`[{"id":"a","count":null}]`:        "the count is null, want a whole number",
		`[{"id":"a","count":[1]}]`:         "the count is a list",
		`[{"id":"a","count":99999999999}]`: "the count 99999999999 is greater than 1000000000",
		`[{"id":"a","count":1` + strings.Repeat("0", 400) + `}]`:  "is greater than 1000000000",
		`[{"id":"a","count":1000000000},"a"]`:                     "add up to more than 1000000000",
		`[{"id":"a","name":3}]`:                                   "the effect's name is a number, want a string",
		`[{"subject":{},"version":1}]`:                            "the subject is an object",
		`[{"subject":"","version":1}]`:                            "an empty subject",
		`[{"subject":"s","version":[1]}]`:                         "the version is a list",
		`[{"subject":"s","versions":"1,2"}]`:                      "versions is a string, want a list",
		`[{"subject":"s","versions":[[1]]}]`:                      "versions holds a list",
		`[{"subject":"s","version":1,"deleted":"maybe"}]`:         `deleted is a string ("maybe")`,
		`{"a":[],"b":[]}`:                                         "found an object with 2 fields, 2 of them lists",
		`{"evt_1":"x"}`:                                           "found an object with 1 fields",
		`{"evt_1":1.5}`:                                           `"evt_1": the count "1.5"`,
		strings.Repeat("[", 1_000_000):                            "not JSON",
		strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000): "not JSON",
	} {
		_, err := decodeJSON([]byte(body), nil)
		switch {
		case err == nil:
			t.Errorf("%s: no error", clip(body))
		case !strings.Contains(err.Error(), want):
			t.Errorf("%s\n got %v\nwant %s", clip(body), err, want)
		case strings.Contains(err.Error(), "\n") || len(err.Error()) > 400:
			t.Errorf("%s: not one short line: %v", clip(body), err)
		}
	}
}

func TestDecodeOutput(t *testing.T) {
	for name, c := range map[string]struct {
		out    string
		states bool
		want   string
	}{
		"nothing":         {out: "\n", want: ""},
		"psql":            {out: "evt_1|2\nevt_2|1\n", want: "evt_1 +2; evt_2 +1"},
		"psql aligned":    {out: " evt_1 | 2\n evt_2 | 1\n\n", want: "evt_1 +2; evt_2 +1"},
		"mysql":           {out: "evt_1\t2\tcharge\r\nevt_1\t1\temail sent\r\n", want: "charge evt_1 +2; email sent evt_1 +1"},
		"csv":             {out: "evt_1,2\n\"evt,2\", \"3\"\n", want: "evt_1 +2; evt,2 +3"},
		"blanks":          {out: "  evt_1   2\n\"evt_2\" 3\n", want: "evt_1 +2; evt_2 +3"},
		"uniq -c is not":  {out: "evt_1\nevt_2\nevt_1\n", want: "evt_1 +2; evt_2 +1"},
		"json":            {out: " \n[{\"id\":\"evt_1\"}]\n", want: "evt_1 +1"},
		"json lines":      {out: "{\"id\":\"evt_1\"}\n{\"id\":\"evt_2\"}\n", want: "evt_1 +1; evt_2 +1"},
		"state lines":     {out: "state|sub_1|3\nevt_1|1\nstate|sub_2|9007199254740993|t\n", want: "evt_1 +1; sub_1=3; sub_2=9007199254740993 deleted"},
		"states":          {out: "sub_1 3\nsub_2 4 false\nstate sub_3 5\n", states: true, want: "sub_1=3; sub_2=4; sub_3=5"},
		"times":           {out: "sub_1|2024-01-01 10:00:00|f\n", states: true, want: "sub_1=2024-01-01 10:00:00"},
		"an id of digits": {out: "9007199254740993 1\n", want: "9007199254740993 +1"},
		"without an id":   {out: "|2\nevt_1|1\n|1\n", want: " +3; evt_1 +1"},
		"empty deleted":   {out: "sub_1\t3\t\n", states: true, want: "sub_1=3"},
	} {
		s, err := decodeOutput([]byte(c.out), c.states, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(told(s), "; "); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestDecodeOutputErrors(t *testing.T) {
	for _, c := range []struct {
		out    string
		states bool
		want   string
	}{
		{" event_id | count\n----------+-------\n evt_1 | 2\n", false, `line 1 " event_id | count": the count "count" is not a whole number (want id and count, without a header`},
		{"evt_1 1\nevt_2 NaN\n", false, `line 2 "evt_2 NaN": the count "NaN"`},
		{"evt_1 -2\n", false, "the count -2 is negative"},
		{"a b c d\n", false, "4 columns, want id, count"},
		{"sub_1\n", true, "1 columns, want subject, version"},
		{"sub_1 2024-01-01 10:00:00\n", true, `deleted is "10:00:00"`},
		{"|3\n", true, "an empty subject"},
		{"\"a,1\n", false, "the quotes of this CSV line do not match"},
		{"[1,", false, "not JSON"},
	} {
		_, err := decodeOutput([]byte(c.out), c.states, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q\n got %v\nwant %s", c.out, err, c.want)
		}
	}
}

func BenchmarkPoll100k(b *testing.B) {
	var body strings.Builder
	body.WriteString(`{"processed":[`)
	for i := range 100_000 {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"id":"evt_%024d","count":1}`, i)
	}
	body.WriteString("]}")
	text := []byte(body.String())
	old, err := decodeJSON(text, nil)
	if err != nil || len(old.tallies) != 100_000 {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		now, err := decodeJSON(text, func(string) bool { return true })
		if err != nil || len(now.since(old)) != 0 {
			b.Fatal(err)
		}
		old = now
	}
}

func BenchmarkPollLines100k(b *testing.B) {
	lines := make([]string, 100_000)
	for i := range lines {
		lines[i] = fmt.Sprintf("evt_%024d|1\n", i)
	}
	text := []byte(strings.Join(slices.Clone(lines), ""))
	old, _ := decodeOutput(text, false, nil)
	b.ReportAllocs()
	for b.Loop() {
		now, err := decodeOutput(text, false, nil)
		if err != nil || len(now.since(old)) != 0 {
			b.Fatal(err)
		}
		old = now
	}
}
