package proxy

import (
	"strconv"
	"strings"
	"time"
)

// scale is what times to live are multiplied by, and what they do not become shorter than: a lock is to outlive the work it guards.
type scale struct {
	factor float64
	least  time.Duration
}

// of is what becomes of a time to live.
func (by scale) of(d time.Duration) time.Duration {
	return max(min(d, by.least), time.Duration(float64(d)*by.factor))
}

// scaled returns the command with its times to live multiplied; nil where it has none. Whole seconds become
// milliseconds, so that a minute can become a tenth of a second. Times inside scripts are not seen.
func (by scale) scaled(args [][]byte, now time.Time) []byte {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = string(a)
	}
	if !by.scaleArgs(out, now) {
		return nil
	}
	return Encode(out...)
}

// unit says how a command or an option counts its time, and what the same in milliseconds is called.
type unit struct {
	millis string
	size   time.Duration
	at     bool // a moment, and not a span
}

var (
	options = map[string]unit{
		"EX": {"PX", time.Second, false}, "PX": {"PX", time.Millisecond, false},
		"EXAT": {"PXAT", time.Second, true}, "PXAT": {"PXAT", time.Millisecond, true},
	}
	expiries = map[string]unit{
		"SETEX": {"PSETEX", time.Second, false}, "PSETEX": {"PSETEX", time.Millisecond, false},
		"EXPIRE": {"PEXPIRE", time.Second, false}, "PEXPIRE": {"PEXPIRE", time.Millisecond, false},
		"EXPIREAT": {"PEXPIREAT", time.Second, true}, "PEXPIREAT": {"PEXPIREAT", time.Millisecond, true},
		"HEXPIRE": {"HPEXPIRE", time.Second, false}, "HPEXPIRE": {"HPEXPIRE", time.Millisecond, false},
		"HEXPIREAT": {"HPEXPIREAT", time.Second, true}, "HPEXPIREAT": {"HPEXPIREAT", time.Millisecond, true},
	}
)

// optionsFrom is where the options of a command begin, of those that have any with a time.
var optionsFrom = map[string]int{"SET": 3, "GETEX": 2}

func (by scale) scaleArgs(args []string, now time.Time) bool {
	name := strings.ToUpper(args[0])
	if u, is := expiries[name]; is && len(args) > 2 {
		if !u.scale(&args[2], by, now) {
			return false
		}
		args[0] = u.millis
		return true
	}
	from, has := optionsFrom[name]
	if !has {
		return false
	}
	for i := from; i+1 < len(args); i++ {
		if u, is := options[strings.ToUpper(args[i])]; is && u.scale(&args[i+1], by, now) {
			args[i] = u.millis
			return true
		}
	}
	return false
}

// scale rewrites a time, if it is one that a server would take.
func (u unit) scale(text *string, by scale, now time.Time) bool {
	n, err := strconv.ParseInt(*text, 10, 64)
	if err != nil || n <= 0 || n > int64(1<<62)/int64(u.size) {
		return false
	}
	d := time.Duration(n) * u.size
	var from int64
	if u.at {
		d = time.UnixMilli(n * int64(u.size/time.Millisecond)).Sub(now)
		if d <= 0 {
			return false
		}
		from = now.UnixMilli()
	}
	*text = strconv.FormatInt(from+max(1, by.of(d).Milliseconds()), 10)
	return true
}
