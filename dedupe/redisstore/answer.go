package redisstore

import (
	"fmt"
	"strconv"
	"time"

	"hookonce/dedupe"
)

// parseAnswer reads the claim script's reply. Anything it could not have said is an error: an
// owner that is not sure of its claim must not work.
func parseAnswer(reply []string) (dedupe.Answer, error) {
	if len(reply) != 6 {
		return dedupe.Answer{}, fmt.Errorf("redis: claim: a reply of %d parts", len(reply))
	}
	a := dedupe.Answer{Kind: dedupe.Kind(reply[0]), Result: reply[3], Version: dedupe.TrimVersion(reply[4]), Tied: reply[5]}
	var err error
	switch a.Kind {
	case dedupe.Claimed, dedupe.Takeover:
		a.Fence, err = positive("fence", reply[1])
	case dedupe.Busy:
		var ms int64
		ms, err = positive("lease", reply[2])
		a.Busy = time.Duration(ms) * time.Millisecond
	case dedupe.Done, dedupe.Stale, dedupe.Tie, dedupe.Mismatch:
	default:
		err = fmt.Errorf("redis: claim: kind %.40q is none of the script's", reply[0])
	}
	if err != nil {
		return dedupe.Answer{}, err
	}
	return a, nil
}

func positive(what, text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("redis: claim: %s %.40q is not a positive number", what, text)
	}
	return n, nil
}
