package provider_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hookonce/replay"
)

// nodeVerified are the providers whose npm library is asked.
var nodeVerified = []string{"stripe", "github", "shopify", "twilio", "slack", "standardwebhooks", "svix", "square", "paddle", "adyen", "sendgrid"}

// needVerifiers says why the npm libraries cannot be asked here; where CI is set they must.
func needVerifiers(t *testing.T) (node, dir string) {
	t.Helper()
	dir = filepath.Join("..", "..", "testdata", "verifiers")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, "node_modules", "svix"))
	}
	if err == nil {
		return node, dir
	}
	const text = "the npm verifiers need node, and npm ci --prefix testdata/verifiers: %v"
	if os.Getenv("CI") != "" {
		t.Fatalf(text, err)
	}
	t.Skipf(text, err)
	return "", ""
}

// The same as TestOfficialVerifiers, with the libraries in npm.
func TestNodeVerifiers(t *testing.T) {
	node, dir := needVerifiers(t)
	k, now := newKeys(t), time.Now()
	var all []delivery
	var in bytes.Buffer
	for _, name := range nodeVerified {
		for _, d := range deliveries(t, name, k.endpoint(name), now) {
			all = append(all, d)
			headers := map[string]string{}
			for h := range d.header {
				headers[strings.ToLower(h)] = d.header.Get(h)
			}
			if err := json.NewEncoder(&in).Encode(map[string]any{"provider": name, "headers": headers, "body": d.body,
				"secret": d.at.Secrets[0], "public": strings.TrimSpace(k.sendgrid.Public), "url": d.at.URL, "now": now.UnixMilli()}); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd := exec.Command(node, "verify.mjs")
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, &in, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	checkAnswers(t, all, out)
}

func checkAnswers(t *testing.T, all []delivery, out []byte) {
	t.Helper()
	lines, good, bad := bufio.NewScanner(bytes.NewReader(out)), map[string]int{}, map[string]int{}
	for _, d := range all {
		var a struct {
			Accepted bool
			Reason   string
		}
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &a) != nil {
			t.Fatalf("no answer for %s: %q", d.name, lines.Text())
		}
		if a.Accepted != (d.kind == replay.SignValid) {
			t.Errorf("%s: accepted %v %s", d.name, a.Accepted, a.Reason)
		}
		if d.kind == replay.SignValid {
			good[d.provider]++
		} else {
			bad[d.provider]++
		}
	}
	for _, name := range nodeVerified {
		t.Logf("%s: %d good and %d bad deliveries", name, good[name], bad[name])
	}
}
