package record

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// BenchmarkRecorder sends 2,000 webhooks (HOOKONCE_BENCH_RATE) a second for 3 seconds (HOOKONCE_BENCH_SECONDS), by turns straight to an endpoint and through a
// recorder, and reports what the recorder adds at the median, and how many webhooks were not written.
func BenchmarkRecorder(b *testing.B) {
	seconds, err := strconv.Atoi(os.Getenv("HOOKONCE_BENCH_SECONDS"))
	if err != nil {
		seconds = 3
	}
	rate, err := strconv.Atoi(os.Getenv("HOOKONCE_BENCH_RATE"))
	if err != nil {
		rate = 2000
	}
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer endpoint.Close()
	g := newRig(b, endpoint.URL, func(o *Options, _ *Preparer) {
		o.Seen = nil
		o.Transport.(*http.Transport).MaxIdleConnsPerHost = 256
	})
	// A provider has a number of senders. Without a bound, a busy machine would be busy with new connections only.
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128, MaxConnsPerHost: 128}}
	body := strings.Replace(event, `"livemode"`, `"pad":"`+strings.Repeat("lorem ipsum ", 160)+`","livemode"`, 1)
	for b.Loop() {
		straight := pace(b, client, endpoint.URL, body, rate, rate*seconds)
		through := pace(b, client, g.server.URL, body, rate, rate*seconds)
		b.ReportMetric(micros(straight, 50), "µs-straight-p50")
		b.ReportMetric(micros(through, 50), "µs-through-p50")
		b.ReportMetric(micros(through, 50)-micros(straight, 50), "µs-added-p50")
		b.ReportMetric(micros(through, 99)-micros(straight, 99), "µs-added-p99")
	}
	arrived, _ := g.recorder.Count()
	stats := g.journal.Close()
	b.ReportMetric(float64(arrived), "arrived")
	b.ReportMetric(float64(arrived-stats.Written), "not-written")
	client.CloseIdleConnections()
}

// pace sends n webhooks, rate a second, whatever the answers take, and returns what they took.
func pace(b *testing.B, client *http.Client, to, body string, rate, n int) []time.Duration {
	took := make([]time.Duration, n)
	var wg sync.WaitGroup
	begin := time.Now()
	for i := range n {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * time.Second / time.Duration(rate))))
		wg.Go(func() {
			at := time.Now()
			res, err := client.Post(to, "application/json", strings.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, res.Body)
			res.Body.Close()
			took[i] = time.Since(at)
		})
	}
	wg.Wait()
	b.ReportMetric(float64(n)/time.Since(begin).Seconds(), "per-second")
	slices.Sort(took)
	return took
}

func micros(sorted []time.Duration, percent int) float64 {
	return float64(sorted[len(sorted)*percent/100].Nanoseconds()) / 1000
}
