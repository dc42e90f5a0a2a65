package chaos

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hookonce/replay"
)

// Fault is a named misfortune that adds deliveries to a plan.
type Fault struct {
	Name string
	// Summary says in one line what happens to a delivery.
	Summary string
	// Finds lists the codes of findings it can provoke.
	Finds []string
	// blocked says why the fault cannot be planned with these settings; "" if it can.
	blocked func(Input) string
	add     func(*builder)
	// OptIn says that providers hardly ever commit it: "all" leaves it out.
	OptIn bool
}

// catalog is in the order in which the faults are planned.
var catalog = []Fault{
	{"duplicate", "the same event again, after the answer", []string{"double-processing", "noisy-duplicate", "replay-differs"}, never, addDuplicates, false},
	{"retry", "redelivered on the provider's schedule until acknowledged", []string{"lost-event", "double-processing", "stuck"}, withoutRetries, addRetries, false},
	{"timeout", "the sender hangs up while the handler works, and redelivers at once", []string{"lost-event", "double-processing", "premature-ack"}, never, addTimeouts, false},
	{"truncated", "the connection breaks in mid-body, then a redelivery", []string{"double-processing", "lost-event"}, never, addTruncated, false},
	{"reorder", "versions of one subject in the wrong order, subjects interleaved", []string{"regress", "stale-final"}, withoutVersions, addReorders, false},
	{"bad-signature", "unsigned, wrong key, tampered, out of tolerance", []string{"signature-bypass", "stale-signature"}, withoutSecret, addBadSignatures, false},
	{"race", "copies of one event released at the same instant", []string{"double-processing", "lost-event", "premature-ack"}, never, addRaces, false},
	{"dense", "two copies each of many events, event by event or all at the same instant", []string{"double-processing", "lost-event", "premature-ack"}, withoutDense, addDense, false},
	{"stagger", "copies of one event, each while the handler works on the one before", []string{"double-processing", "lost-event"}, never, addStaggers, false},
	{"race-versions", "two versions of one subject at the same instant, or the older one while the newer is worked on", []string{"regress", "stale-final"}, withoutVersions, addRaceVersions, false},
	{"late", "a duplicate long after the acknowledgement", []string{"double-processing"}, withoutLate, addLates, false},
	{"other-bytes", "the same event in other bytes that say the same", []string{"double-processing", "wrong-rejection"}, never, addOtherBytes, true},
	{"twins", "two events that differ in nothing but their id", []string{"lost-event", "merged"}, keptIDsOnly, addTwins, true},
	{"same-id", "two events of different sources with one id", []string{"lost-event", "merged"}, withoutSources, addSameIDs, true},
	{"attempt-id", "the same event again, under another id of the attempt", []string{"double-processing", "per-attempt-key"}, withoutAttemptIDs, addAttemptIDs, true},
	{"rebatch", "events of one body in several, or of several in one", []string{"double-processing"}, withoutBatches, addRebatches, true},
	{"redis-reply-lost", "Redis carries a command out, and its reply is lost", []string{"lost-event", "double-processing"}, withoutProxy, addRedis(atShares(replay.RedisFault{Kind: replay.RedisCutAfter})...), true},
	{"redis-cut", "the connection to Redis is cut before a command", []string{"lost-event", "stuck"}, withoutProxy, addRedis(atShares(replay.RedisFault{Kind: replay.RedisCutBefore})...), true},
	{"redis-error", "Redis answers a command with READONLY, OOM or LOADING", []string{"lost-event", "stuck"}, withoutProxy, addRedis(redisErrors()...), true},
	{"redis-down", "Redis answers nothing for an event and its duplicate", []string{"double-processing", "lost-event"}, withoutProxy, addRedisDown, true},
	{"redis-outage", "Redis refuses everything, health checks too, for an event and its duplicate", []string{"double-processing", "lost-event"}, withoutProxy, addRedisOutage, true},
	{"redis-latency", "a command takes Redis 100 ms longer", []string{"double-processing", "lost-event"}, withoutProxy, addRedis(atShares(replay.RedisFault{Kind: replay.RedisLatency, For: redisDelay})...), true},
	{"redis-blackhole", "a connection to Redis answers nothing any more", []string{"lost-event", "slow-ack"}, withoutProxy, addRedis(replay.RedisFault{Kind: replay.RedisBlackhole, Share: &shares[0]}), true},
	{"redis-refuse", "Redis takes no connection for 100 ms", []string{"lost-event", "stuck"}, withoutProxy, addRedis(replay.RedisFault{Kind: replay.RedisRefuse, For: redisDelay, Share: &shares[0]}), true},
	{"redis-evict", "Redis evicts the event's keys, then a duplicate", []string{"lost-event"}, withoutProxy, addRedisLoss(replay.RedisEvict), true},
	{"redis-flush", "Redis fails over without persistence and forgets everything, then a duplicate", []string{"lost-event"}, withoutProxy, addRedisLoss(replay.RedisFlush), true},
	{"process-kill", "the process is killed after its claim, after the effect, before the answer, after the answer", []string{"double-processing", "lost-event", "stuck"}, withoutProcess, addKills, true},
	{"process-pause", "the process stands still for longer than its lease, then goes on", []string{"double-processing", "lost-event"}, withoutClock, addPauses, true},
	{"process-restart", "all replicas are restarted, one after the other, while copies race", []string{"double-processing", "lost-event"}, withoutProcess, addRestarts, true},
	{"downstream-fail", "the API that the endpoint calls refuses a call, before its effect", []string{"lost-event", "stuck"}, withoutSink, addDownstream(replay.DownstreamFault{Kind: replay.DownstreamFail}), true},
	{"downstream-lost", "the API that the endpoint calls has the effect, and its answer is lost", []string{"double-processing", "lost-event"}, withoutSink, addDownstream(replay.DownstreamFault{Kind: replay.DownstreamLost}), true},
	{"downstream-slow", "the API that the endpoint calls has the effect, and answers 1 s later", []string{"double-processing", "lost-event"}, withoutSink, addDownstream(replay.DownstreamFault{Kind: replay.DownstreamSlow, For: downstreamDelay}), true},
	{"database-slow", "each request of a delivery reaches the endpoint's database 200 ms later", []string{"double-processing", "lost-event"}, withoutDatabase, addDatabase(replay.DatabaseSlow), true},
	{"database-cut", "the connection to the database is cut in the midst of a request", []string{"double-processing", "lost-event"}, withoutDatabase, addDatabase(replay.DatabaseCut), true},
	{"database-lost", "the database carries a request out, such as a COMMIT, and its reply is lost", []string{"double-processing", "lost-event"}, withoutDatabase, addDatabase(replay.DatabaseLost), true},
	{"with-request", "a request of your own, such as a checkout's return, at the same instant as the event", []string{"double-processing", "lost-event"}, withoutRequest, addRequests, true},
	{"redis-step", "one command of a delivery is struck; --sweep redis walks over all", []string{"lost-event", "double-processing", "stuck"}, withoutStep, addRedisStep, true},
}

// Catalog lists the faults in planning order.
func Catalog() []Fault { return slices.Clone(catalog) }

// ErrUnknownFault is wrapped by ParseFaults for a name that is not in the catalog.
var ErrUnknownFault = errors.New("unknown fault")

// ParseFaults reads a comma-separated list of fault names; "all" stands for every
// one that providers commit, and a name with a leading minus is taken out: "all,-race". The result is
// in catalog order.
func ParseFaults(list string) ([]string, error) {
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		bare, minus := strings.CutPrefix(name, "-")
		switch {
		case name == "":
		case bare == "all":
			for _, f := range catalog {
				wanted[f.Name] = !minus && !f.OptIn
			}
		case slices.ContainsFunc(catalog, func(f Fault) bool { return f.Name == bare }):
			wanted[bare] = !minus
		default:
			return nil, fmt.Errorf("%w %q: choose from all, %s", ErrUnknownFault, bare, strings.Join(Names(), ", "))
		}
	}
	names := slices.DeleteFunc(Names(), func(n string) bool { return !wanted[n] })
	if len(names) == 0 {
		return nil, fmt.Errorf("no fault is left in %q: choose from all, %s", list, strings.Join(Names(), ", "))
	}
	return names, nil
}

// Named lists those of some faults that a list names, and does not just mean with "all".
func Named(faults []string, list string) (out []string) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); slices.Contains(faults, name) && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// Names lists the faults' names in planning order.
func Names() []string {
	names := make([]string, len(catalog))
	for i, f := range catalog {
		names[i] = f.Name
	}
	return names
}

// OptIns lists the faults that "all" leaves out, because providers hardly ever commit them.
func OptIns() []string {
	var names []string
	for _, f := range catalog {
		if f.OptIn {
			names = append(names, f.Name)
		}
	}
	return names
}

func never(Input) string { return "" }

func withoutRetries(in Input) string {
	for _, e := range in.Events {
		if len(in.profileOf(e).Retries) > 0 {
			return ""
		}
	}
	return fmt.Sprintf("%s never redelivers by itself", in.providers())
}

func withoutSecret(in Input) string {
	if !in.Settings.Signed {
		return "no secret: give --secret or HOOKONCE_SECRET"
	}
	return ""
}

func withoutLate(in Input) string {
	if len(in.Settings.Late) == 0 {
		return "off: give --late 70s (it really waits that long)"
	}
	return ""
}

func withoutVersions(in Input) string {
	switch {
	case in.Settings.KeepIDs:
		return "--keep-ids: a subject's events can be sent in one order only"
	case len(in.lifecycles()) == 0:
		return "no subject has two events of different version among the fixtures"
	}
	return ""
}

// lifecycles groups the events of each subject that has at least two versions
// apart, in the order of their versions. Events that tie with another one are left
// out: nobody can say which order would be wrong.
func (in Input) lifecycles() [][]replay.Event {
	bySubject := map[string][]replay.Event{}
	var order []string
	for _, e := range in.Events {
		if e.Subject == "" || e.Version == "" {
			continue
		}
		if bySubject[e.Subject] == nil {
			order = append(order, e.Subject)
		}
		bySubject[e.Subject] = append(bySubject[e.Subject], e)
	}
	var groups [][]replay.Event
	for _, s := range order {
		if g := in.strictlyOrdered(bySubject[s]); len(g) > 1 {
			groups = append(groups, g)
		}
	}
	return groups
}

func (in Input) strictlyOrdered(events []replay.Event) []replay.Event {
	events = slices.Clone(events)
	slices.SortStableFunc(events, replay.Event.Order)
	var out []replay.Event
	seen := map[string]bool{}
	for _, e := range events {
		if len(out) > 0 && replay.CompareVersions(out[len(out)-1].Version, e.Version) >= 0 || seen[e.Key] && in.composedKey(e) {
			continue
		}
		seen[e.Key] = true
		out = append(out, e)
	}
	return out
}

// composedKey says that an event's key is put together of other ids. Two recordings with such a key stay one event when they are renamed
// together: a provider's duplicate, which may differ in its time.
func (in Input) composedKey(e replay.Event) bool {
	e, err := e.Loaded()
	if err != nil {
		return false
	}
	own := false
	_, err = in.Rename(e, func(old string) string {
		own = own || old == e.Key
		return old
	})
	return err == nil && !own
}
