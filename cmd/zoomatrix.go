package cmd

import (
	"fmt"
	"io"
	"strings"

	"hookonce/dedupe/scenario"
)

// zooMatrixText writes one line for each flawed handler, and one for each correct one over all scenarios.
func zooMatrixText(w io.Writer, r zooReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %-25s %-9s %s\n", "HANDLER", "SCENARIO", "FOUND", "CODES")
	found, flawed := 0, 0
	for _, c := range r.Cells {
		if c.Correct {
			continue
		}
		flawed++
		if c.Good() {
			found++
		}
		fmt.Fprintf(&b, "%-20s %-25s %-9s %s%s\n", c.Handler, c.Scenario, fmt.Sprintf("%d of %d", c.Found, c.Seeds), strings.Join(c.Expect, ", "), zooTrouble(c))
	}
	fmt.Fprintf(&b, "\n%-20s %-25s %-9s %s\n", "CORRECT", "RUNS", "FLAGGED", "NOT TOUCHED BY THE MISHAP")
	sums := sumCorrect(r.Cells)
	flags, deliveries := 0, 0
	for _, c := range sums {
		flagged := c.Flagged + c.Undecided
		flags, deliveries = flags+flagged, deliveries+c.Deliveries
		fmt.Fprintf(&b, "%-20s %-25s %-9d %d%s\n", c.Handler, fmt.Sprintf("%d, %d deliveries", c.Seeds, c.Deliveries), flagged, c.Idle, zooList("  ", c.Outside))
	}
	fmt.Fprintf(&b, "\n%d of %d flawed handlers found on every seed; %d flags on %d correct ones in %d deliveries\n", found, flawed, flags, len(sums), deliveries)
	_, err := io.WriteString(w, b.String())
	return err
}

// sumCorrect makes one cell of all those of a correct handler. Outside then tells in which scenario it was flagged.
func sumCorrect(cells []scenario.Cell) (sums []scenario.Cell) {
	for _, c := range cells {
		if !c.Correct {
			continue
		}
		if len(sums) == 0 || sums[len(sums)-1].Handler != c.Handler {
			sums = append(sums, scenario.Cell{Handler: c.Handler})
		}
		sum := &sums[len(sums)-1]
		sum.Seeds += c.Seeds
		sum.Flagged += c.Flagged
		sum.Undecided += c.Undecided
		sum.Idle += c.Idle
		sum.Deliveries += c.Deliveries
		if !c.Good() {
			sum.Outside = append(sum.Outside, c.Scenario+": "+strings.Join(append(c.Outside, c.Missing...), ", "))
		}
	}
	return sums
}

// zooTrouble says what is wrong with a flawed handler's cell.
func zooTrouble(c scenario.Cell) string {
	var out []string
	if c.Idle > 0 {
		out = append(out, fmt.Sprintf("INCONCLUSIVE: the mishap never struck on %d seeds", c.Idle))
	}
	if c.Found < c.Seeds {
		out = append(out, "MISSED, found only "+strings.Join(c.Codes, ", "))
	}
	if len(c.Outside) > 0 {
		out = append(out, "NOT ALLOWED: "+strings.Join(c.Outside, ", "))
	}
	return zooList("  ", out)
}

func zooList(before string, of []string) string {
	if len(of) == 0 {
		return ""
	}
	return before + strings.Join(of, "; ")
}
