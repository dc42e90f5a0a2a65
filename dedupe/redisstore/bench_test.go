package redisstore_test

import (
	"strconv"
	"testing"
	"time"

	"hookonce/dedupe/redisstore"
	"hookonce/dedupe/storetest"
)

// BenchmarkClaimComplete is the guard's two calls, and how many bare SET NX on the same server, in the same run, take as long: that
// is the published lock alone, which protects nobody.
func BenchmarkClaimComplete(b *testing.B) {
	for _, e := range engines() {
		b.Run(e.name, func(b *testing.B) {
			rdb := e.open(b)
			store := redisstore.New(rdb)
			b.ResetTimer()
			storetest.Bench(b, store)
			b.StopTimer()
			from := time.Now()
			for i := range b.N {
				if err := rdb.SetNX(b.Context(), "webhook_lock:"+strconv.Itoa(i), "processing", time.Minute).Err(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(time.Since(from)), "SETNX/op")
		})
	}
}
