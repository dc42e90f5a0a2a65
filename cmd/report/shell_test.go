package report

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNarrow(t *testing.T) {
	for name, c := range map[string]struct{ command, fault, only, want string }{
		"adds":           {"hookonce run a --target T", "race", "invoice.paid", "hookonce run a --target T --seed 7 --faults race --only invoice.paid"},
		"replaces":       {"hookonce run --seed 1 a --faults=all --only 'x.*'", "race", "y", "hookonce run a --seed 7 --faults race --only y"},
		"keeps unknown":  {"hookonce run --faults all --only x a", "", "", "hookonce run --faults all --only x a --seed 7"},
		"drops files":    {"hookonce run --out junit=x.xml --out=json --journal j.jsonl a", "", "", "hookonce run a --seed 7"},
		"keeps quotes":   {`hookonce run --secret "$HOOKONCE_SECRET" 'a b'`, "", "", `hookonce run --secret "$HOOKONCE_SECRET" 'a b' --seed 7`},
		"quotes new":     {"hookonce run", "", "customer.*", "hookonce run --seed 7 --only 'customer.*'"},
		"before dashes":  {"hookonce run -- --seed", "", "", "hookonce run --seed 7 -- --seed"},
		"flag at end":    {"hookonce run --seed", "", "", "hookonce run --seed 7"},
		"similar flag":   {"hookonce run --seeds 3", "", "", "hookonce run --seeds 3 --seed 7"},
		"continued line": {"hookonce run \\\n  a", "", "", "hookonce run a --seed 7"},
		"unfinished":     {"hookonce run 'a b", "", "", "hookonce run 'a b --seed 7"},
		"control":        {"hookonce run \x1b[31m", "", "", `hookonce run $'\x1b[31m' --seed 7`},
		"empty":          {"", "race", "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := narrow(c.command, 7, c.fault, c.only); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSeeded(t *testing.T) {
	for command, want := range map[string]string{
		"":                        "",
		"hookonce demo":           "hookonce demo --seed 7",
		"hookonce run --seed=3 a": "hookonce run a --seed 7",
	} {
		if got := seeded(command, 7); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestQuoteReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))).Draw(t, "words")
		quoted := each(words, Quote)
		got := each(splitWords(strings.Join(quoted, " ")), func(w word) string { return w.value })
		if !slices.Equal(got, words) {
			t.Fatalf("%q became %q through %s", words, got, quoted)
		}
		for _, q := range quoted {
			if strings.IndexFunc(q, unsafeRune) >= 0 {
				t.Fatalf("%q is not harmless", q)
			}
		}
	})
}

func TestSplitNeverFails(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "command")
		narrow(s, 1, "race", "x")
		for _, w := range splitWords(s) {
			if w.raw == "" {
				t.Fatal("an empty word")
			}
		}
	})
}

func TestShellAgrees(t *testing.T) {
	bash, err := exec.LookPath("bash")
	switch {
	case err != nil && os.Getenv("CI") != "":
		t.Fatal("no bash to ask")
	case err != nil:
		t.Skip("no bash to ask")
	}
	var words []string
	for _, s := range corpus() {
		if !strings.ContainsRune(s, 0) && len(s) < 4096 { // an argument cannot hold a NUL
			words = append(words, s)
		}
	}
	out, err := exec.Command(bash, "-c", "printf '%s\\0' "+strings.Join(each(words, Quote), " ")).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"); !slices.Equal(got, words) {
		t.Errorf("bash reads %q, want %q", got, words)
	}
}

func TestCommonType(t *testing.T) {
	for want, types := range map[string][]string{
		"":                        {},
		"invoice.paid":            {"invoice.paid"},
		"customer.subscription.*": {"customer.subscription.deleted", "customer.subscription.updated"},
		"invoice.*":               {"invoice.paid", "invoice.payment_failed"},
	} {
		if got := commonType(types); got != want {
			t.Errorf("%v: %q, want %q", types, got, want)
		}
	}
	if got := commonType([]string{"charge.succeeded", "customer.created"}); got != "" {
		t.Errorf("nothing in common: %q", got)
	}
}
