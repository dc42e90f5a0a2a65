package replay

import (
	"strings"
	"time"
)

// CompareVersions orders two versions of one subject: digits by value whatever
// their length or padding, RFC 3339 times by instant, anything else as text. It
// never goes through a float, which would make 2^53 and 2^53+1 equal.
func CompareVersions(a, b string) int {
	if a == b {
		return 0
	}
	if digits(a) && digits(b) {
		return compareDigits(a, b)
	}
	ta, errA := time.Parse(time.RFC3339Nano, a)
	tb, errB := time.Parse(time.RFC3339Nano, b)
	if errA == nil && errB == nil {
		return ta.Compare(tb)
	}
	return strings.Compare(a, b)
}

func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		if len(a) < len(b) {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

func digits(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
