package dispatch

import (
	"net/http"
	"sync"
	"testing"

	"hookonce/replay"
)

// A sender sends single deliveries and gates, from several goroutines at once, and keeps nothing.
func TestSender(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	srv := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if seen[r.Header.Get("X-Event")]++; r.Header.Get("X-Event") == "refused" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	s, err := NewSender(srv, options())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			e := &replay.Event{Key: string(rune('a' + i)), Body: []byte("{}")}
			for n := range 5 {
				as := s.Send(e, replay.Delivery{N: n, Event: e.Key})
				if len(as) != 1 || as[0].Outcome != replay.Acked || as[0].Delivery != n || as[0].End < as[0].FirstByte || as[0].LastByte == 0 {
					t.Errorf("%+v", as)
				}
			}
			gate := make([]replay.Delivery, 4)
			for j := range gate {
				gate[j] = replay.Delivery{N: 10 + j, Event: e.Key, Conditions: replay.Conditions{Gate: 1}}
			}
			as := s.Send(e, gate...)
			if g := replay.GateOf(1, as); len(as) != 4 || g.Copies != 4 {
				t.Errorf("%+v of %+v", g, as)
			}
		})
	}
	work.Wait()
	mu.Lock()
	for key, n := range seen {
		if n != 9 {
			t.Errorf("%s came %d times", key, n)
		}
	}
	mu.Unlock()
	if as := s.Send(&replay.Event{Key: "refused", Body: []byte("{}")}, replay.Delivery{N: 1, Event: "refused"}); as[0].Outcome != replay.Refused || as[0].Status != 503 {
		t.Errorf("%+v", as)
	}
}

// The guard holds for a sender, too.
func TestSenderIsGuarded(t *testing.T) {
	s, err := NewSender(targetOf(t, "http://192.0.2.1:80/"), options())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if as := s.Send(&replay.Event{Key: "e"}, replay.Delivery{N: 1, Event: "e"}); as[0].Outcome != replay.Unsent || as[0].Error == "" {
		t.Errorf("%+v", as)
	}
}
