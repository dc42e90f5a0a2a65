package observe

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

// parseCount reads a count of effects: a whole number from 0 to maxCount.
func parseCount(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil && !wholeNumber(text):
		return 0, fmt.Errorf("the count %q is not a whole number", clip(text))
	case n < 0:
		return 0, fmt.Errorf("the count %s is negative", clip(text))
	case err != nil, n > maxCount:
		return 0, fmt.Errorf("the count %s is greater than %d", clip(text), maxCount)
	}
	return int(n), nil
}

func wholeNumber(text string) bool {
	if text != "" && (text[0] == '-' || text[0] == '+') {
		text = text[1:]
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

// clip shortens a foreign text for a message.
func clip(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
