package cmd

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// liveSign says by which names a flaw shows in the endpoint's commands to its Redis, its states and its answers, and why under
// another one than its own.
type liveSign struct {
	flaws []string
	why   string
}

// zooLiveText writes a line for each handler.
func zooLiveText(w io.Writer, r zooReport) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s %-9s %-36s %-24s %s\n", "HANDLER", "FOUND", "CODES", "FLAW NAMED", "SECONDS")
	flawed, found, named, correct, flags, runs := 0, 0, 0, 0, 0, 0
	slowest := 0.0
	for _, l := range r.Live {
		if l.Correct {
			continue
		}
		flawed++
		switch all := l.Found == l.Seeds; {
		case all && l.Named == l.Seeds:
			named++
			fallthrough
		case all:
			found++
		}
		slowest = max(slowest, l.Seconds)
		fmt.Fprintf(&b, "%-20s %-9s %-36s %-24s %.1f%s\n", l.Handler, fmt.Sprintf("%d of %d", l.Found, l.Seeds), strings.Join(l.Expect, ", "),
			cmp.Or(l.Flaw, "-"), l.Seconds, l.remark())
	}
	fmt.Fprintf(&b, "\n%-20s %-9s %-36s %-24s %s\n", "CORRECT", "RUNS", "FLAGGED", "", "SECONDS")
	for _, l := range r.Live {
		if !l.Correct {
			continue
		}
		correct, runs, flags = correct+1, runs+l.Seeds, flags+len(l.Flagged)
		fmt.Fprintf(&b, "%-20s %-9d %-36s %-24s %.1f%s\n", l.Handler, l.Seeds, cmp.Or(strings.Join(l.Flagged, ", "), "0"), "", l.Seconds, l.remark())
	}
	heading := "\nFROM OUTSIDE\n"
	for _, l := range r.Live {
		if l.Why != "" {
			fmt.Fprintf(&b, "%s%-20s %s\n", heading, l.Handler, l.Why)
			heading = ""
		}
	}
	fmt.Fprintf(&b, "\n%d of %d flawed handlers found on every seed, %d of them with the flaw named, the slowest in %.1f s; "+
		"%d flags on %d correct ones in %d runs\n", found, flawed, named, slowest, flags, correct, runs)
	if r.Interrupted {
		b.WriteString("interrupted: this is what was tried until then\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// remark says what is wrong with a handler's row.
func (l live) remark() string {
	var out []string
	switch {
	case l.Correct:
	case l.Found < l.Seeds:
		out = append(out, fmt.Sprintf("MISSED on seeds %v", l.Missed))
	case len(l.sign.flaws) > 0 && l.Named < l.Seeds:
		out = append(out, fmt.Sprintf("NAMED ON %d ONLY, not on seeds %v", l.Named, l.Missed))
	}
	if !l.Correct && l.Seconds > liveLimit.Seconds() {
		out = append(out, "TOO SLOW")
	}
	return zooList("  ", append(out, l.Trouble...))
}
