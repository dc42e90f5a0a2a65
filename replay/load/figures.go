package load

// environment is what expressions see: the figures over all by their own names, and those of each class under its name.
func environment(f figures) map[string]any {
	env := f.Latencies.all()
	env["errors"], env["rate"], env["throughput"] = f.Errors, f.Rate, f.Throughput
	env["doubled"], env["lost"] = f.Doubled, f.Lost
	env["first"], env["duplicate"], env["race"] = f.First, f.Duplicate, f.Race
	env["reorder"], env["bad_signature"] = f.Reorder, f.BadSignature
	return env
}

func (l Latencies) all() map[string]any {
	return map[string]any{"requests": l.Requests, "success": l.Success, "mean": l.Mean, "min": l.Min, "p50": l.P50,
		"p90": l.P90, "p95": l.P95, "p99": l.P99, "p999": l.P999, "max": l.Max}
}

func (l Latencies) named(name string) (any, bool) {
	v, ok := l.all()[name]
	return v, ok
}

func (s Summary) figures(found Found) figures {
	f := figures{Latencies: s.All.latencies(), Rate: s.Rate, Throughput: s.Acked, Doubled: found.Doubled, Lost: found.Lost}
	if s.All.Requests > 0 {
		f.Errors = float64(s.Errors) / float64(s.All.Requests)
	}
	for _, r := range s.Classes {
		switch r.Class {
		case First:
			f.First = r.latencies()
		case Duplicate:
			f.Duplicate = r.latencies()
		case Race:
			f.Race = r.latencies()
		case Reorder:
			f.Reorder = r.latencies()
		case BadSignature:
			f.BadSignature = r.latencies()
		}
	}
	return f
}

func (r Row) latencies() Latencies {
	return Latencies{int(r.Requests), r.Success, r.Mean, r.Min, r.P50, r.P90, r.P95, r.P99, r.P999, r.Max}
}
