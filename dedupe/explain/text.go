package explain

import (
	"fmt"
	"strings"
)

// String says in a sentence or two what fits, and how well.
func (x *Explanation) String() string {
	var b strings.Builder
	if len(x.Fits) == 0 {
		b.WriteString("no known flaw behaves like it")
		if x.Next.Handler != "" {
			fmt.Fprintf(&b, ": the nearest, %s, fits %d of %d observations, and %d of the %d that show something wrong",
				x.Next.Handler, x.Next.Same, x.Observations, x.Next.WrongSame, x.Wrong)
		}
		return b.String()
	}
	names := make([]string, len(x.Fits))
	for i, f := range x.Fits {
		names[i] = f.Handler
	}
	fmt.Fprintf(&b, "%d of %d observations fit %s", x.Fits[0].Same, x.Observations, strings.Join(names, " and "))
	if len(names) > 1 {
		b.WriteString(", which this plan does not tell apart")
	}
	if x.Next.Handler != "" {
		fmt.Fprintf(&b, "; the nearest other, %s, fits %d", x.Next.Handler, x.Next.Same)
	}
	return b.String()
}
