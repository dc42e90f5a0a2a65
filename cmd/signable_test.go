package cmd

import (
	"path/filepath"
	"strings"
	"testing"
)

// A secret with which nothing can be signed is told in one line before anything is sent.
func TestUnusableSecretsAreToldFirst(t *testing.T) {
	for provider, want := range map[string]string{"paypal": "cannot be forged", "adyen": "not hexadecimal", "svix": "not whsec_", "sendgrid": "--new-key"} {
		for _, command := range []string{"run", "load"} {
			code, _, errs := hookonce(t, command, filepath.Join("..", "testdata", "fixtures", provider), "--target", "http://127.0.0.1:1/", "--secret", "nonsense !")
			if code != exitUsage || !strings.Contains(errs, want) || strings.Count(errs, "\n") != 1 || strings.Contains(errs, "nonsense") {
				t.Errorf("%s %s: exit %d, %s", command, provider, code, errs)
			}
		}
	}
}
