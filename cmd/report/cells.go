package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
)

// ruler measures text in terminal cells, the same in every locale.
var ruler = &runewidth.Condition{StrictEmojiNeutral: true}

func cells(s string) int { return ruler.StringWidth(s) }

// pad fills s with spaces to n cells; longer text is cut.
func pad(s string, n int) string {
	s = clip(s, n)
	return s + strings.Repeat(" ", max(0, n-cells(s)))
}

func padLeft(s string, n int) string {
	s = clip(s, n)
	return strings.Repeat(" ", max(0, n-cells(s))) + s
}

// clip cuts s to n cells and marks the cut.
func clip(s string, n int) string {
	if n <= 0 {
		return ""
	}
	return ruler.Truncate(s, n, "…")
}

// clipMiddle cuts s to n cells in its middle: the ends of an id tell it apart from its neighbours.
func clipMiddle(s string, n int) string {
	if cells(s) <= n || n < 3 {
		return clip(s, n)
	}
	head := ruler.Truncate(s, (n-1)/2, "")
	return head + ruler.TruncateLeft(s, cells(s)-(n-1-cells(head)), "…")
}

// wrap breaks text at spaces into lines of at most n cells; a word longer than that is cut up.
func wrap(s string, n int) []string {
	var lines []string
	line := ""
	for _, w := range strings.Fields(s) {
		for cells(w) > n {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			head := ruler.Truncate(w, n, "")
			if head == "" {
				break
			}
			lines, w = append(lines, head), w[len(head):]
		}
		switch {
		case line == "":
			line = w
		case cells(line)+1+cells(w) <= n:
			line += " " + w
		default:
			lines, line = append(lines, line), w
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// wrapItems joins items with a separator and breaks lines only between them; an item
// longer than a line is cut.
func wrapItems(items []string, separator string, n int) []string {
	var lines []string
	line := ""
	for _, item := range items {
		item = clip(item, n-cells(separator))
		switch {
		case line == "":
			line = item
		case cells(line+separator+item)+cells(separator) <= n:
			line += separator + item
		default:
			lines, line = append(lines, line+strings.TrimRight(separator, " ")), item
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// span writes a duration for people: three figures and a unit.
func span(d time.Duration) string {
	switch a := d.Abs(); {
	case d == 0:
		return "0 ms"
	case a < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case a < time.Millisecond:
		return figures(d, time.Microsecond) + " µs"
	case a < time.Second:
		return figures(d, time.Millisecond) + " ms"
	case a < time.Minute:
		return figures(d, time.Second) + " s"
	case a < time.Hour:
		return twoUnits(d.Round(time.Second), time.Minute, "min", time.Second, "s")
	case a < 48*time.Hour:
		return twoUnits(d.Round(time.Minute), time.Hour, "h", time.Minute, "min")
	}
	return twoUnits(d.Round(time.Hour), 24*time.Hour, "d", time.Hour, "h")
}

func figures(d, unit time.Duration) string {
	v := float64(d) / float64(unit)
	decimals := 2
	switch a := math.Abs(v); {
	case a >= 99.95:
		decimals = 0
	case a >= 9.995:
		decimals = 1
	}
	s := strconv.FormatFloat(v, 'f', decimals, 64)
	if decimals > 0 {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	if d%big == 0 {
		return fmt.Sprintf("%d %s", d/big, bigName)
	}
	return fmt.Sprintf("%d %s %d %s", d/big, bigName, (d%big).Abs()/small, smallName)
}

// shortSpan is span in one unit, where there is no room for two.
func shortSpan(d time.Duration) string {
	switch a := d.Abs(); {
	case a < time.Minute:
		return strings.ReplaceAll(span(d), " ", "")
	case a < 2*time.Minute:
		return fmt.Sprintf("%.0fs", d.Seconds())
	case a < time.Hour:
		return fmt.Sprintf("%.0fmin", d.Minutes())
	case a < 96*time.Hour:
		return fmt.Sprintf("%.0fh", d.Hours())
	}
	return fmt.Sprintf("%.0fd", d.Hours()/24)
}
