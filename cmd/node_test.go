package cmd

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hookonce/dedupe/storetest/redisserver"
)

// needNode says why the Node targets cannot run here; where CI is set they must.
func needNode(t *testing.T) string {
	t.Helper()
	targets := filepath.Join("..", "testdata", "targets")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(targets, "node_modules", "bullmq"))
	}
	if err == nil {
		return node
	}
	const text = "the Node targets need node, and npm ci --prefix testdata/targets: %v"
	if os.Getenv("CI") != "" {
		t.Fatalf(text, err)
	}
	t.Skipf(text, err)
	return ""
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := listenFree()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startNode starts a target and returns the URL it prints.
func startNode(t *testing.T, node, target, sink string) string {
	t.Helper()
	cmd := exec.Command(node, filepath.Join("..", "testdata", "targets", target, "server.js"))
	cmd.Env = append(os.Environ(), "PORT=0", "REDIS_URL=redis://"+redisserver.Start(t), "CHARGE_URL=http://"+sink+"/charge",
		"STRIPE_WEBHOOK_SECRET="+testSecret, "WORK_MS=20")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, found := strings.Cut(strings.TrimSpace(line), "listening on ")
	if err != nil || !found {
		t.Fatalf("the target said %q, %v", line, err)
	}
	return url
}

// The published pattern, as people copy it, on a real Redis: what demo finds is found here.
func TestNodeArticle(t *testing.T) {
	node, sink := needNode(t), freePort(t)
	url := startNode(t, node, "node-article", sink)
	code, report, errs := runAgainst(t, url, "--effects", "listen:"+sink+"?fail-first=1")
	if code != exitViolations || !report.Get(`findings.#(code=="lost-event")`).Exists() {
		t.Errorf("exit %d, missing %s, findings %.600s\n%s", code, report.Get("missing"), report.Get("findings"), errs)
	}
}

// The same, done right, is never flagged.
func TestNodeCorrect(t *testing.T) {
	node, sink := needNode(t), freePort(t)
	url := startNode(t, node, "node-correct", sink)
	code, report, errs := runAgainst(t, url, "--effects", "listen:"+sink+"?fail-first=1")
	if code != exitPass {
		t.Errorf("exit %d, missing %s, findings %.900s\n%s", code, report.Get("missing"), report.Get("findings"), errs)
	}
}
