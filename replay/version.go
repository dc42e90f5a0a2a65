package replay

import (
	"cmp"
	"strings"
	"time"
)

// CompareVersions orders two versions of one subject: numbers by value whatever
// their length or padding, RFC 3339 times by instant, anything else as text. It
// never goes through a float, which would make 2^53 and 2^53+1 equal. A fraction is
// compared digit by digit, and of two that differ in trailing zeros the longer one is greater.
func CompareVersions(a, b string) int {
	if a == b {
		return 0
	}
	wholeA, restA, numberA := Decimal(a)
	wholeB, restB, numberB := Decimal(b)
	if numberA && numberB {
		return cmp.Or(cmp.Compare(len(wholeA), len(wholeB)), strings.Compare(wholeA, wholeB), strings.Compare(restA, restB))
	}
	ta, errA := time.Parse(time.RFC3339Nano, a)
	tb, errB := time.Parse(time.RFC3339Nano, b)
	if errA == nil && errB == nil {
		return ta.Compare(tb)
	}
	return strings.Compare(a, b)
}

// Decimal splits a version that is a number without a sign, such as 1778610002.908181: its whole part without leading
// zeros, and its point and fraction, if any, as they are. It is false for any other version.
func Decimal(version string) (whole, fraction string, ok bool) {
	whole = version
	if point := strings.IndexByte(version, '.'); point >= 0 {
		whole, fraction = version[:point], version[point:]
	}
	if !digits(whole) || fraction != "" && !digits(fraction[1:]) {
		return "", "", false
	}
	return strings.TrimLeft(whole, "0"), fraction, true
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
