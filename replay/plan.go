package replay

import "time"

// PlanSchema names the version of the plan's JSON.
const PlanSchema = "hookonce.plan/v1"

// Plan is the complete list of deliveries with their conditions. It is a function
// of the events, the profile, the settings and the seed, and of nothing else: the same
// input gives the same bytes on every machine.
type Plan struct {
	Schema string `json:"schema"`
	Seed   uint64 `json:"seed"`
	// Provider names the provider, or several with a + between.
	Provider string       `json:"provider"`
	Settings PlanSettings `json:"settings"`
	// Skipped lists faults that were asked for and could not be planned, with the reason.
	Skipped    []SkippedFault `json:"skipped,omitempty"`
	Events     []Event        `json:"events"`
	Deliveries []Delivery     `json:"deliveries"`
}

// PlanSettings are the user's choices that shape a plan.
type PlanSettings struct {
	Faults []string `json:"faults"`
	// Asked are those of them that were asked for by name: without one of these, a run does not pass.
	Asked  []string `json:"asked,omitempty"`
	Copies int      `json:"copies"`          // deliveries of a duplicated event
	Race   int      `json:"race"`            // copies per gate
	Bursts int      `json:"bursts"`          // gates per raced event
	Dense  int      `json:"dense,omitempty"` // events per dense release
	// BurstsAuto says that races go on after the plan's, until enough of them overlapped.
	BurstsAuto bool `json:"bursts_auto,omitempty"`
	// Confidence is with which, in percent, the report bounds how often a race may still double an event; 0 means 95.
	Confidence float64         `json:"confidence,omitempty"`
	Late       []time.Duration `json:"late_ns,omitempty"`
	// KeepIDs sends the fixtures under their recorded ids, each in one role only.
	KeepIDs bool `json:"keep_ids,omitempty"`
	// Replicas is how many addresses the endpoint has; 0 for one.
	Replicas int `json:"replicas,omitempty"`
	// Signed says that a secret is known, so that signatures can be made and spoiled.
	Signed bool `json:"signed"`
	// Redis says that a proxy stands before the endpoint's Redis, so that it can be made to fail.
	Redis bool `json:"redis,omitempty"`
	// Process says that the endpoint was started by hookonce, which can kill it; Clock that its Redis's clock can be moved.
	Process bool `json:"process,omitempty"`
	Clock   bool `json:"clock,omitempty"`
	// Offered says that nobody asked for that proxy: an endpoint that hookonce started was given its address, and need not have a use for it.
	Offered bool `json:"offered,omitempty"`
	// Sink says that the endpoint's downstream API is hookonce's, which can make it fail.
	Sink bool `json:"sink,omitempty"`
	// Database says that a proxy stands before the endpoint's database.
	Database bool `json:"database,omitempty"`
	// Request is the first line of the user's own request, which races the events' deliveries; RequestFor are patterns of the types it
	// belongs to, empty for all.
	Request    string   `json:"request,omitempty"`
	RequestFor []string `json:"request_for,omitempty"`
	// Step is the Redis command, from 1, that the run of a sweep strikes.
	Step int `json:"step,omitempty"`
	// Unsigned lists providers whose secret is not known, where others' are.
	Unsigned []string `json:"unsigned,omitempty"`
}

// SkippedFault is a fault the plan leaves out.
type SkippedFault struct {
	Fault  string `json:"fault"`
	Reason string `json:"reason"`
}

// EventByKey indexes the plan's events.
func (p Plan) EventByKey() map[string]*Event {
	m := make(map[string]*Event, len(p.Events))
	for i := range p.Events {
		m[p.Events[i].Key] = &p.Events[i]
	}
	return m
}

// Gates lists, per gate, the numbers of its deliveries.
func (p Plan) Gates() map[int][]int {
	m := map[int][]int{}
	for _, d := range p.Deliveries {
		if d.Gate != 0 {
			m[d.Gate] = append(m[d.Gate], d.N)
		}
	}
	return m
}
