package load

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
)

// Threshold is a condition under which a run fails, such as "p99 > 250ms" or "errors > 0.1%".
type Threshold struct {
	Text    string
	program *vm.Program
}

// Latencies are those of a class of deliveries, for thresholds.
type Latencies struct {
	Requests int           `expr:"requests"`
	Success  float64       `expr:"success"`
	Mean     time.Duration `expr:"mean"`
	Min      time.Duration `expr:"min"`
	P50      time.Duration `expr:"p50"`
	P90      time.Duration `expr:"p90"`
	P95      time.Duration `expr:"p95"`
	P99      time.Duration `expr:"p99"`
	P999     time.Duration `expr:"p999"`
	Max      time.Duration `expr:"max"`
}

// figures are what an expression may name.
type figures struct {
	Latencies
	First, Duplicate, Race, Reorder, BadSignature Latencies
	Errors, Rate, Throughput                      float64
	Doubled, Lost                                 int
}

// Found is what the audit found, for thresholds: events.
type Found struct{ Doubled, Lost int }

// Vocabulary says what an expression may name, for help.
const Vocabulary = "p50, p90, p95, p99, p999, min, mean, max (durations; of one class: race.p99, with first, duplicate, race, reorder, " +
	"bad_signature), errors (a share of the valid deliveries, such as 0.1%), requests, rate, throughput (a second), doubled, lost (events)"

// ParseThreshold reads an expression. The error names what is wrong, and what may be written.
func ParseThreshold(text string) (Threshold, error) {
	if strings.Contains(text, ";") {
		return Threshold{}, fmt.Errorf("%q: one condition only; join several with and, or, or give --fail-if again, as in 'p99 > 250ms or errors > 0.1%%'", text)
	}
	program, err := expr.Compile(withUnits(text), expr.Env(environment(figures{})), expr.AsBool())
	if err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		hint := ""
		if strings.Contains(first, "Duration") {
			hint = "; a latency is compared with a time, such as 250ms"
		}
		return Threshold{}, fmt.Errorf("%q: %s%s. An expression is a condition over %s, as in 'p99 > 250ms or errors > 0.1%%'",
			text, withoutUnits(first), hint, Vocabulary)
	}
	return Threshold{text, program}, nil
}

// withUnits writes durations and shares as the expression language knows them. What is within quotes has no meaning here.
func withUnits(text string) string {
	text = regexp.MustCompile(`\b\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)\b`).ReplaceAllString(text, `duration("$0")`)
	return regexp.MustCompile(`\b(\d+(?:\.\d+)?)%`).ReplaceAllString(text, `($1/100)`)
}

func withoutUnits(text string) string {
	text = regexp.MustCompile(`duration\("([^"]*)"\)`).ReplaceAllString(text, "$1")
	return strings.ReplaceAll(text, "time.Duration", "a duration")
}

// Breached says whether the condition holds.
func (t Threshold) Breached(s Summary, f Found) (bool, error) {
	out, err := expr.Run(t.program, environment(s.figures(f)))
	if err != nil {
		return false, fmt.Errorf("%q: %w", t.Text, err)
	}
	breached, _ := out.(bool) // the compiler saw to that
	return breached, nil
}

// Lacking names the classes that the condition speaks of and of which nothing was sent: it proves nothing then.
func (t Threshold) Lacking(s Summary) []string {
	var out []string
	f := s.figures(Found{})
	for _, c := range []struct {
		name Class
		of   Latencies
	}{{First, f.First}, {Duplicate, f.Duplicate}, {Race, f.Race}, {Reorder, f.Reorder}, {BadSignature, f.BadSignature}} {
		if c.of.Requests == 0 && strings.Contains(t.Text, string(c.name)+".") {
			out = append(out, string(c.name))
		}
	}
	if s.All.Requests == 0 && len(out) == 0 {
		out = append(out, "all")
	}
	return out
}

// Used tells the values of what the expression names.
func (t Threshold) Used(s Summary, f Found) string {
	var parts []string
	env := environment(s.figures(f))
	for _, m := range regexp.MustCompile(`\b([a-z_]+\d*)(?:\.([a-z0-9]+))?\b`).FindAllStringSubmatch(t.Text, -1) {
		v, known := env[m[0]]
		if m[2] != "" {
			if class, ok := env[m[1]].(Latencies); ok {
				v, known = class.named(m[2])
			}
		}
		if known {
			parts = append(parts, m[0]+" is "+valueText(m[0], v))
		}
	}
	return strings.Join(parts, ", ")
}

func valueText(name string, v any) string {
	switch v := v.(type) {
	case time.Duration:
		return v.Round(time.Microsecond).String()
	case float64:
		if strings.HasSuffix(name, "errors") || strings.HasSuffix(name, "success") {
			return fmt.Sprintf("%.3g%%", 100*v)
		}
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprint(v)
}
