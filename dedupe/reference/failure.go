package reference

import (
	"crypto/sha256"
	"errors"
	"slices"

	"hookonce/replay"
)

// ErrWork is how work fails that was told to fail.
var ErrWork = errors.New("work: failed as it was told to")

// Failure says whether the work of an event fails at this attempt, counted from 1.
type Failure func(e replay.Event, attempt int) bool

// FailFirst makes each event's work fail once, at its first attempt.
func FailFirst(_ replay.Event, attempt int) bool { return attempt == 1 }

// FailHalf makes the work of half of a plan's events fail at its first attempt: the
// other half shows what happens when nothing fails. Events of the phases in which nothing goes wrong
// never fail: a plan learns from them what normal is. Which half an event is in depends on its id only.
func FailHalf(p replay.Plan) Failure {
	clean := []replay.Phase{replay.PhaseControl, replay.PhaseFresh, replay.PhaseSentinel}
	spared := map[string]bool{}
	for _, d := range p.Deliveries {
		if d.Role == replay.RoleFirst && slices.Contains(clean, d.Phase) {
			spared[d.Event] = true
		}
	}
	return func(e replay.Event, attempt int) bool {
		id := e.ProviderID() // whatever else the endpoint puts into its key
		return attempt == 1 && !spared[id] && oddHash(id)
	}
}

func oddHash(key string) bool { return sha256.Sum256([]byte(key))[0]&1 == 1 }
