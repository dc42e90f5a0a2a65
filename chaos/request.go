package chaos

import (
	"path"
	"slices"

	"hookonce/replay"
)

// RequestFaults lists the faults that a run has where a request of the user's own is described.
func RequestFaults() []string { return []string{"with-request"} }

func withoutRequest(in Input) string {
	switch {
	case in.Settings.Request == "":
		return "no request is described: give --with-request"
	case !slices.ContainsFunc(in.Events, func(e replay.Event) bool { return requested(in.Settings, e) }):
		return "no event has a type that the request belongs to"
	}
	return ""
}

// addRequests releases an event's first delivery and the user's own request at the same instant, --bursts times per fixture. Whatever was
// not acknowledged then the tail delivers again.
func addRequests(b *builder) {
	for _, f := range b.samples() {
		if !requested(b.in.Settings, f) {
			continue
		}
		for range b.perFixture(b.in.Settings.Bursts) {
			e, at, g := b.instance(f), b.slot(replay.PhaseFault), &gate{}
			for _, role := range []replay.Role{replay.RoleFirst, replay.RoleRequest} {
				b.add(replay.Delivery{Event: e.Key, Phase: replay.PhaseFault, Role: role, At: at}, nil).gate = g
			}
		}
	}
}

// requested says that the request belongs to the event's type.
func requested(s replay.PlanSettings, e replay.Event) bool {
	return len(s.RequestFor) == 0 || slices.ContainsFunc(s.RequestFor, func(p string) bool { ok, _ := path.Match(p, e.Type); return ok })
}
