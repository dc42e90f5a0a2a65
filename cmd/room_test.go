package cmd

import (
	"runtime/debug"
	"testing"
)

// Room is given and taken back, and never to somebody who chose.
func TestRoom(t *testing.T) {
	settings := func() (int, int64) {
		percent := debug.SetGCPercent(100)
		debug.SetGCPercent(percent)
		return percent, debug.SetMemoryLimit(-1)
	}
	t.Setenv("GOGC", "")
	percent, limit := settings()
	r := giveRoom()
	if p, l := settings(); p != 400 || l < loadHeap || l == limit {
		t.Errorf("percent %d, limit %d", p, l)
	}
	r.fit()
	r.takeBack()
	if p, l := settings(); p != percent || l != limit {
		t.Errorf("afterwards: percent %d, limit %d", p, l)
	}
	t.Setenv("GOGC", "50")
	defer giveRoom().takeBack()
	if p, l := settings(); p != percent || l != limit {
		t.Errorf("in spite of GOGC: percent %d, limit %d", p, l)
	}
}
