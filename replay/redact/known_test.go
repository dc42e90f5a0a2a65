package redact

import "testing"

func TestSecrets(t *testing.T) {
	known := NewSecrets("plainwords", "whsec_bm90LWEtc2VjcmV0", "short", "", "plainwords and more")
	for in, want := range map[string]string{
		"computed with key plainwords":        "computed with key [redacted secret]",
		"plainwords and more, and plainwords": "[redacted secret], and [redacted secret]",
		"whsec_bm90LWEtc2VjcmV0":              "[redacted secret]",
		"decoded bm90LWEtc2VjcmV0.":           "decoded [redacted secret].",
		"a short answer":                      "a short answer",
	} {
		if got := known.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
	if got := (Secrets)(nil).Text("plainwords"); got != "plainwords" {
		t.Errorf("nobody knows it, and it became %q", got)
	}
}

// A secret of the environment, or the second of two, stands in no reproduced command either.
func TestCommandWithoutKnownSecrets(t *testing.T) {
	args := []string{"run", "--secret", "first-one", "--secret=second-one", "--reset", "seed first-one second-one of-the-environment"}
	want := `run --secret "$HOOKONCE_SECRET" --secret="$HOOKONCE_SECRET" --reset 'seed [redacted secret] [redacted secret] [redacted secret]'`
	if got := Command(args, NewSecrets("of-the-environment")); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
