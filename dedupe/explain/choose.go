package explain

import "slices"

// A flaw fits from these shares on, of all observations and of those that show something wrong.
// A race does not come out the same way twice, so that not all need to agree.
const (
	enough      = 0.9
	enoughWrong = 0.8
)

// fits says that a flaw agrees with enough of the observations.
func (x *Explanation) fits(f Fit) bool {
	return float64(f.Same) >= enough*float64(x.Observations) && float64(f.WrongSame) >= enoughWrong*float64(x.Wrong)
}

// choose keeps the flaws that fit: the nearest that does, and those as near as it; and the nearest other. It returns
// the first of them, and false where none fits.
func (x *Explanation) choose(all []candidate) (candidate, bool) {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b candidate) int { return b.score() - a.score() })
	first := slices.IndexFunc(all, func(c candidate) bool { return x.fits(c.Fit) })
	for i, c := range all {
		switch {
		case first >= 0 && i >= first && c.Same == all[first].Same && c.WrongSame == all[first].WrongSame:
			x.Fits = append(x.Fits, c.Fit)
		case x.Next.Handler == "":
			x.Next = c.Fit
		}
	}
	if first < 0 {
		return candidate{}, false
	}
	return all[first], true
}

// score orders flaws by how near they come. What shows something wrong tells more than what is right.
func (f Fit) score() int { return 2*f.Same + f.WrongSame }
