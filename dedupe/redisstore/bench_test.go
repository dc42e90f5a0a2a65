package redisstore_test

import (
	"strconv"
	"testing"
	"time"

	"hookonce/dedupe/redisstore"
	"hookonce/dedupe/storetest"
)

// BenchmarkClaimComplete is the guard's two calls; compare it with BenchmarkBareSetNX on the same engine.
func BenchmarkClaimComplete(b *testing.B) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) {
			store := redisstore.New(e.open(b))
			b.ResetTimer()
			storetest.Bench(b, store)
		})
	}
}

// BenchmarkBareSetNX is the published lock alone: one SET NX an event, and nothing that protects anybody.
func BenchmarkBareSetNX(b *testing.B) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) {
			rdb := e.open(b)
			b.ResetTimer()
			for i := range b.N {
				if err := rdb.SetNX(b.Context(), "webhook_lock:"+strconv.Itoa(i), "processing", time.Minute).Err(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
