package trace

// column is a part of a line.
type column struct{ at, width int }

// grid is where things are: the time, a lane, the lock, and the other lanes.
type grid struct {
	width      int
	time, lock column
	lanes      []column
}

func newGrid(width, lanes int) grid {
	g := grid{width: width, time: column{0, 11}}
	gap, lock := 2, 20
	switch lanes {
	case 1:
		lock = 28
	case 3:
		g.time.width, gap, lock = 10, 1, 15
	}
	lane := (width - g.time.width - lock - gap*lanes) / lanes
	at := g.time.width
	for i := range lanes {
		g.lanes = append(g.lanes, column{at, lane})
		at += lane + gap
		if i == 0 {
			g.lock = column{at, lock}
			at += lock + gap
		}
	}
	return g
}
