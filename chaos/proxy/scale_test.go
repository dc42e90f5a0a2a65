package proxy

import (
	"strings"
	"testing"
	"time"
)

func TestScale(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	for in, want := range map[string]string{
		"SET k v EX 60 NX":          "SET k v PX 600 NX",
		"set k v px 100":            "set k v PX 1",
		"SET k ex 5":                "",
		"SET k v EXAT 1100":         "SET k v PXAT 1001000",
		"SETEX k 100 v":             "PSETEX k 1000 v",
		"EXPIRE k 3600 NX":          "PEXPIRE k 36000 NX",
		"PEXPIREAT k 1000100":       "PEXPIREAT k 1000001",
		"EXPIRE k -1":               "",
		"GETEX k EX 100":            "GETEX k PX 1000",
		"GET k":                     "",
		"EXPIRE k 9999999999999999": "",
	} {
		var args [][]byte
		for _, w := range strings.Fields(in) {
			args = append(args, []byte(w))
		}
		got := string(scale{factor: 0.01}.scaled(args, now))
		if want != "" {
			want = string(Encode(strings.Fields(want)...))
		}
		if got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// What lives shortly lives as long as it did: it is a lock, and the work it guards takes as long as ever.
func TestScaleHasALeast(t *testing.T) {
	by := scale{factor: 0.001, least: time.Second}
	for in, want := range map[time.Duration]time.Duration{
		24 * time.Hour: 86400 * time.Millisecond, time.Minute: time.Second, 200 * time.Millisecond: 200 * time.Millisecond,
	} {
		if got := by.of(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}
