package cmd

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"hookonce/replay/fixture"
)

// TestRecordThenRun is the full circle: what a recorder wrote while webhooks passed through it is
// replayed, signed anew, and the endpoint that was right before is right again.
func TestRecordThenRun(t *testing.T) {
	serve := func() string {
		addr := freePort(t)
		p := start(t, "serve", "hardened", "--listen", addr, "--secret", testSecret, "--work", "1ms")
		t.Cleanup(func() { p.signal(syscall.SIGINT); p.exit() })
		return "http://" + addr
	}
	dir := filepath.Join(t.TempDir(), "recorded")
	run := func(fixtures, to, endpoint string) string {
		code, out, errs := hookonce(t, "run", fixtures, "--target", to+"/webhook", "--secret", testSecret, "--wait", "30s", "--only", "payment_intent.*", "--bursts", "1",
			"--effects", endpoint+"/effects", "--effects", endpoint+"/state", "--journal", filepath.Join(t.TempDir(), "j.jsonl"))
		if code != exitPass {
			t.Fatalf("exit %d\n%s\n%s", code, out, errs)
		}
		return out
	}
	endpoint, addr := serve(), freePort(t)
	p := start(t, "record", "--listen", addr, "--forward", endpoint, "--out", dir)
	p.await("recording http://")
	run(fixtureDir, "http://"+addr, endpoint)
	p.signal(syscall.SIGINT)
	if code := p.exit(); code != exitPass || !strings.Contains(p.stdout.String(), "written to") || !strings.Contains(p.said.String(), "-> 200 in") {
		t.Fatalf("record: exit %d\n%s\n%s", code, p.stdout.String(), p.said.String())
	}
	endpoint = serve()
	run(dir, endpoint, endpoint)
}

// TestRecordSurvivesAKill: every webhook that was answered is in the recording, and of the others at most those in flight.
func TestRecordSurvivesAKill(t *testing.T) {
	endpoint := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer endpoint.Close()
	dir, addr := t.TempDir(), freePort(t)
	p := start(t, "record", "--listen", addr, "--forward", endpoint.URL, "--out", dir)
	p.await("recording http://")
	const senders = 4
	var wg sync.WaitGroup
	var mu sync.Mutex
	answered := map[string]bool{}
	enough := make(chan struct{})
	for s := range senders {
		wg.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("evt_%dx%dA", s, n)
				res, err := http.Post("http://"+addr, "application/json", strings.NewReader(`{"id":"`+id+`","object":"event","type":"customer.updated","created":1,"data":{"object":{"id":"cus_1"}}}`))
				if err != nil {
					return
				}
				res.Body.Close()
				mu.Lock()
				if answered[id] = true; len(answered) == 200 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	p.signal(syscall.SIGKILL)
	wg.Wait()
	p.exit()
	set, err := fixture.Load([]string{dir}, nil, fixture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	recorded := map[string]bool{}
	for _, e := range set.Events {
		recorded[e.Key] = true
	}
	for id := range answered {
		if !recorded[id] {
			t.Errorf("%s was answered and is not recorded", id)
		}
	}
	if more := len(recorded) - len(answered); more > senders {
		t.Errorf("%d webhooks are recorded that were not answered, %d were in flight", more, senders)
	}
}

func TestRecordUsage(t *testing.T) {
	for _, args := range [][]string{{"record"}, {"record", "--forward", "localhost:1", "--out", "x"}, {"record", "--forward", "http://localhost", "--out", t.TempDir(), "--provider", "nobody"}} {
		if code, _, errs := hookonce(t, args...); code != exitUsage || strings.Count(errs, "\n") != 1 {
			t.Errorf("%v: exit %d, %s", args, code, errs)
		}
	}
}
