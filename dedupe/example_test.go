package dedupe_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"hookonce/dedupe"
	"hookonce/dedupe/modelstore"
)

// In production the store is redisstore.New(redisClient); the rest stays the same.
func ExampleGuard_Do() {
	guard := &dedupe.Guard{Store: modelstore.New(nil)}
	event := dedupe.Event{Source: "stripe:acct_1", ID: "evt_1"}
	charge := func(_ context.Context, fence int64) (dedupe.Result, error) {
		fmt.Println("charging, run", fence)
		return dedupe.Result{Value: "ch_1"}, nil
	}
	for range 2 {
		answer, err := guard.Do(context.Background(), event, charge)
		fmt.Println(answer.Kind, answer.Result, err)
	}
	// Output:
	// charging, run 1
	// claimed ch_1 <nil>
	// done ch_1 <nil>
}

func ExampleGuard_Middleware() {
	guard := &dedupe.Guard{Store: modelstore.New(nil)}
	once, err := guard.Middleware(dedupe.HTTP{
		Source:      dedupe.Fixed("stripe"),
		Key:         dedupe.JSON("id"),
		Fingerprint: dedupe.FingerprintWithout("pending_webhooks"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := once(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Println("sending the e-mail")
		w.WriteHeader(http.StatusNoContent)
	}))
	// Signatures are verified before this handler is reached.
	for _, body := range []string{
		`{"id":"evt_1","pending_webhooks":2}`,
		`{"id":"evt_1","pending_webhooks":1}`,
		`{"id":"evt_1","pending_webhooks":1,"amount":1000000}`,
	} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/webhook", strings.NewReader(body)))
		fmt.Println(w.Code)
	}
	// Output:
	// sending the e-mail
	// 204
	// 204
	// 422
}

// An event that carries its subject's whole state is discarded when it is older than what is there.
func ExampleRun_SetState() {
	store := modelstore.New(nil)
	guard := &dedupe.Guard{Store: store, Options: dedupe.Options{TieRule: dedupe.TieKeep}}
	once, err := guard.Middleware(dedupe.HTTP{Source: dedupe.Fixed("shop"), Key: dedupe.Header("Event-Id"),
		Subject: dedupe.JSON("order"), Version: dedupe.JSON("version")})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := once(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		dedupe.RunFrom(r.Context()).SetState("", "as of "+r.Header.Get("Event-Id"), false)
	}))
	for id, version := range []int{7, 9, 8} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(fmt.Sprintf(`{"order":"o1","version":%d}`, version)))
		r.Header.Set("Event-Id", fmt.Sprintf("evt_%d", id))
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	state, _, _ := store.State(context.Background(), "shop", "o1")
	fmt.Println(state.Version, state.Data)
	// Output: 9 as of evt_1
}

// A downstream that remembers the greatest fence it saw turns a worker away that was taken over while it paused.
func ExampleWork() {
	greatest := int64(0)
	write := func(fence int64) error {
		if fence < greatest {
			return fmt.Errorf("fence %d is older than %d", fence, greatest)
		}
		greatest = fence
		return nil
	}
	fmt.Println(write(1), write(2), write(1))
	// Output: <nil> <nil> fence 1 is older than 2
}

func ExampleFingerprint() {
	first := []byte(`{"id": "evt_1", "pending_webhooks": 2, "amount": 9007199254740993}`)
	again := []byte(`{"amount":9007199254740993,"pending_webhooks":1,"id":"evt_1"}`)
	other := []byte(`{"amount":9007199254740992,"pending_webhooks":1,"id":"evt_1"}`)
	fmt.Println(dedupe.Fingerprint(first, "pending_webhooks") == dedupe.Fingerprint(again, "pending_webhooks"))
	fmt.Println(dedupe.Fingerprint(first, "pending_webhooks") == dedupe.Fingerprint(other, "pending_webhooks"))
	// Output:
	// true
	// false
}
