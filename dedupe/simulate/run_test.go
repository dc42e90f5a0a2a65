package simulate

import (
	"testing"

	"hookonce/dedupe/zoo"
)

func BenchmarkRun(b *testing.B) {
	p := bigPlan(1500)
	for _, z := range zoo.Handlers() {
		b.Run(z.Name, func(b *testing.B) {
			for b.Loop() {
				mustRun(b, p, z.Handler, Options{Seed: 1})
			}
			b.ReportMetric(float64(len(p.Deliveries)), "deliveries")
		})
	}
}
