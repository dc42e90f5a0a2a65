package cmd

import (
	"errors"
	"io"
	"strings"
	"testing"
)

// FuzzConfig reads a hookonce.yaml of anything: it sets flags, or says in one line what is wrong.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{
		"target: http://localhost:3000/webhooks\nfixtures: [a, b]\nseed: 7\n", "expect-effects:\n  invoice.paid: 2\n", "faults: all\ncopies: ten\n",
		acmeYAML, "providers: {stripe: {secret: [a, b], route: /x}}\n", "# nothing\n", "- a\n- b\n", "a: &x [*x]\n", "a: &a [1,1]\nb: &b [*a,*a]\nseed: *b\n", "secret: ${HOOKONCE_SECRET}\n", "late: [70s, 25h]\n", "<<: {seed: 1}\n",
	} {
		f.Add([]byte(s))
	}
	s := &Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Getenv: func(string) string { return "x" }}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		_, err := setFlags(NewRunCmd(s).Flags(), defaultConfig, text, func(string) string { return "v" })
		var usage *usageError
		if err != nil && (!errors.As(err, &usage) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%q gives %q", text, err)
		}
	})
}
