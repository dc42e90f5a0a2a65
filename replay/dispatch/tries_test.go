package dispatch

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"hookonce/replay"
)

// A redelivery tells how often, since when and why; a duplicate tells nothing.
func TestSendingTellsOfEarlierAttempts(t *testing.T) {
	to := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	o := options()
	var mu sync.Mutex
	var got []replay.Sending
	plain := o.Sign
	o.Sign = func(e replay.Event, s replay.Sending) (http.Header, []byte, error) {
		mu.Lock()
		got = append(got, s)
		mu.Unlock()
		return plain(e, s)
	}
	p := planOf(replay.Delivery{Event: "a"},
		replay.Delivery{Event: "a", Role: replay.RoleDuplicate, After: 1},
		replay.Delivery{Event: "a", Role: replay.RoleRedelivery, After: 2})
	attempts := all(t, p, to, o)
	if len(got) != 3 || got[0].Retry != 0 || got[1].Retry != 0 || got[2].Retry != 2 {
		t.Fatalf("sendings %+v", got)
	}
	last := got[2]
	if last.Previous.Delivery != 2 || last.Previous.Status != 500 || last.First.IsZero() || last.First.After(last.Now) || attempts[3].Outcome != replay.Refused {
		t.Errorf("the redelivery was told %+v", last)
	}
}

func TestRoutesAndPatienceOfAProvider(t *testing.T) {
	var mu sync.Mutex
	paths := map[string]string{}
	stop := make(chan struct{})
	to := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths[r.Header.Get("X-Event")] = r.URL.RequestURI()
		mu.Unlock()
		if r.Header.Get("X-Event") == "a" {
			<-stop
		}
	})
	defer close(stop)
	to.URL.Path, to.Routes = "/all", map[string]string{"one": "/hooks/one?x=1"}
	p := planOf(replay.Delivery{Event: "a"}, replay.Delivery{Event: "b"}, replay.Delivery{Event: "c"})
	p.Events[0].Provider, p.Events[1].Provider, p.Events[2].Provider = "hasty", "one", "two"
	o := options()
	o.PatienceFor = func(provider string) time.Duration {
		return map[string]time.Duration{"hasty": time.Millisecond}[provider]
	}
	attempts := all(t, p, to, o)
	if attempts[1].Outcome != replay.Unknown || attempts[2].Outcome != replay.Acked || attempts[3].Outcome != replay.Acked {
		t.Errorf("attempts %+v", attempts)
	}
	mu.Lock()
	defer mu.Unlock()
	if paths["b"] != "/hooks/one?x=1" || paths["c"] != "/all?x=1" {
		t.Errorf("paths %v", paths)
	}
}

func TestRouteThatIsNoPath(t *testing.T) {
	to := targetOf(t, "http://127.0.0.1:1/")
	for _, path := range []string{"hooks", "/a b", "", "/a\r\nX: y"} {
		to.Routes = map[string]string{"one": path}
		if _, err := to.endpoint(); err == nil {
			t.Errorf("%q: accepted", path)
		}
	}
}
