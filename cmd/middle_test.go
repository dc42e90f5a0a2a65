package cmd

import (
	"strings"
	"testing"
)

// A Redis whose keys are to get lost is attacked, as an endpoint is: where it is neither this machine nor a private one, its host has to be named.
func TestRedisProxyUsage(t *testing.T) {
	for _, c := range []struct {
		url  string
		code int
		want string
	}{
		{"redis://192.0.2.1:6379", exitUsage, "--allow-host 192.0.2.1"},
		{"rediss://user:hunter2@192.0.2.1", exitUsage, "--allow-host 192.0.2.1"},
		{"http://127.0.0.1:6379", exitUsage, "redis://localhost:6379"},
		{"redis://:hunter2@127.0.0.1:1", exitCannot, "refused"},
	} {
		code, _, errs := hookonce(t, "run", fixtureDir, "--secret", testSecret, "--target", "http://127.0.0.1:1", "--redis-proxy", c.url)
		if code != c.code || !strings.Contains(errs, c.want) || strings.Contains(errs, "hunter2") || strings.Count(strings.TrimSpace(errs), "\n") > 0 {
			t.Errorf("%s: exit %d: %s", c.url, code, errs)
		}
	}
}
