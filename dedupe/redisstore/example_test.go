package redisstore_test

import (
	"context"
	"fmt"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"hookonce/dedupe"
	"hookonce/dedupe/redisstore"
)

func ExampleNew() {
	server, err := miniredis.Run() // in production: your Redis, Valkey or Cluster
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	rdb := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer func() { _ = rdb.Close() }()

	guard := &dedupe.Guard{Store: redisstore.New(rdb)}
	event := dedupe.Event{Source: "stripe:acct_1", ID: "evt_1"}
	for range 2 {
		answer, err := guard.Do(context.Background(), event, func(context.Context, int64) (dedupe.Result, error) {
			return dedupe.Result{Value: "ok"}, nil
		})
		fmt.Println(answer.Kind, answer.Result, err)
	}
	// Output:
	// claimed ok <nil>
	// done ok <nil>
}
