package cmd

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"github.com/tidwall/gjson"

	"hookonce/chaos"
	"hookonce/replay"
	"hookonce/replay/fixture"
	"hookonce/replay/redact"
)

// PlanningOptions are the flags that shape a plan. run, plan and demo share them.
type PlanningOptions struct {
	Provider  string
	PublicURL string
	WebhookID string
	CertURL   string
	Secrets   []string
	// hidden are all secrets that are known, whether they are used or not.
	hidden redact.Secrets
	Config string
	// Described are the providers that hookonce.yaml describes.
	Described []described
	Seed      uint64
	Faults    string
	Copies    int
	Race      int
	Bursts    int
	// BurstsAuto goes on after so many.
	BurstsAuto bool
	Dense      int
	// Confidence is in percent.
	Confidence float64
	Late       []time.Duration
	KeepIDs    bool
	Only       []string
	EffectKey  string
	// WithRedis says that a proxy stands before the endpoint's Redis.
	WithRedis bool
	// faultless plans nothing but the control phase, the tail and the sentinels.
	faultless bool
	// replicas is how many addresses the endpoint has, 0 for one; replicaURLs are under which URL those after the first believe to be called.
	replicas    int
	replicaURLs []string
	// started says that the endpoint is hookonce's to kill; clock that its Redis's clock can be moved.
	started, clock bool
	// lateByClock says that the ages of late duplicates are those that cost no waiting, and not the user's.
	lateByClock bool
	// offered says that the endpoint's Redis is hookonce's idea, and so are the faults of it.
	offered bool
	// sink says that an effect source is called by the endpoint.
	sink bool
	// database says that a proxy stands before the endpoint's database.
	database bool
	// request is the user's own; nil where none is described.
	request *userRequest
	// perishable says that its effects may be forgotten when it is killed.
	perishable bool
	// Step is the Redis command that a sweep strikes; 0 for none.
	Step int
}

func (o *PlanningOptions) add(f *pflag.FlagSet) {
	o.addEvents(f)
	f.StringVar(&o.Faults, "faults", "all", "faults to inject, as a `list`: all, "+strings.Join(chaos.Names(), ", ")+"; -NAME leaves one out; all is without "+strings.Join(chaos.OptIns(), ", "))
	f.IntVar(&o.Copies, "copies", 3, "deliveries of a duplicated event")
	f.IntVar(&o.Race, "race", 3, "copies per gate: released together, so that they race")
	o.Bursts = 5
	f.Var(bursts{&o.Bursts, &o.BurstsAuto}, "bursts", "gated bursts per raced event, a `number`; auto goes on until races are known, with --confidence, to double less than 1 event of 100")
	f.IntVar(&o.Dense, "dense", 50, "events per dense release, two copies each")
	f.Float64Var(&o.Confidence, "confidence", 95, "`percent` with which the report bounds how often a race may still double an event")
	f.DurationSliceVar(&o.Late, "late", nil, "also send duplicates this long after the acknowledgement (really waits)")
	f.BoolVar(&o.KeepIDs, "keep-ids", false, "send the recorded ids instead of fresh ones, each event in one role only")
}

// addEvents adds the flags that say which events are sent.
func (o *PlanningOptions) addEvents(f *pflag.FlagSet) {
	f.StringVar(&o.Provider, "provider", "", "`name` of the provider (default: detect)")
	f.Uint64Var(&o.Seed, "seed", 1, "seed of everything random: same seed, same plan")
	f.StringSliceVar(&o.Only, "only", nil, "only event types that match a `pattern`, such as 'invoice.*'")
	f.StringVar(&o.EffectKey, "effect-key", "", "`path` in the body of the id that effects are counted under, such as data.object.metadata.order_id")
}

func (o *PlanningOptions) addSecrets(f *pflag.FlagSet) {
	f.StringArrayVar(&o.Secrets, "secret", nil, "signing secret of the endpoint; repeat it while one is being exchanged (default: $HOOKONCE_SECRET)")
}

// completeSecrets takes the secret out of the environment, where no flag gives one, and notes all that are to be hidden.
func (o *PlanningOptions) completeSecrets(s *Streams) {
	o.Secrets = slices.DeleteFunc(o.Secrets, func(v string) bool { return v == "" })
	v := s.Getenv("HOOKONCE_SECRET")
	if v != "" && len(o.Secrets) == 0 {
		o.Secrets = []string{v}
	}
	all := append([]string{v}, o.Secrets...)
	for _, d := range o.Described {
		all = append(all, d.Secret...)
	}
	o.hidden = redact.NewSecrets(all...)
}

// planned is a plan and what it was made with.
type planned struct {
	sides    []side
	plan     replay.Plan
	input    chaos.Input // what the plan was built of
	fixtures fixture.Set
	events   []replay.Event
	// effectKeyOf is the key of a loaded event that effects are counted under, where --effect-key names its place.
	effectKeyOf func(replay.Event) string
	// hidden are the secrets that nothing may tell.
	hidden redact.Secrets
}

// buildPlan reads the fixtures and plans with them. What the user should know
// about the fixtures is told through say.
func (o *PlanningOptions) buildPlan(s *Streams, paths []string, say func(string, ...any)) (*planned, error) {
	set, err := o.load(s, paths)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return o.planWith(set, say)
}

func (o *PlanningOptions) planWith(set fixture.Set, say func(string, ...any)) (*planned, error) {
	p := &planned{fixtures: set, effectKeyOf: o.effectKeyOf, hidden: o.hidden}
	var err error
	if p.events, err = o.selected(set.Events); err != nil {
		return nil, err
	}
	if p.sides, err = o.sidesOf(p.events); err != nil {
		return nil, err
	}
	late := o.Late
	if o.lateByClock {
		late = withinSpan(late, p.sides)
	}
	var faults []string
	if !o.faultless {
		if faults, err = chaos.ParseFaults(o.Faults); err != nil {
			return nil, usagef("--faults: %w", err)
		}
	}
	if o.WithRedis && strings.Contains(o.Faults, "all") {
		faults = chaos.Join(faults, chaos.RedisFaults(), o.Faults)
	}
	if o.request != nil && strings.Contains(o.Faults, "all") {
		faults = chaos.Join(faults, chaos.RequestFaults(), o.Faults)
	}
	if o.started && !o.perishable && strings.Contains(o.Faults, "all") {
		faults = chaos.Join(faults, chaos.ProcessFaults(), o.Faults)
	}
	o.tellOfFixtures(set, p.events, say)
	p.input = chaos.Input{
		Events: p.events, Profile: p.sides[0].profile, Others: p.others(), Rename: p.rename, FromSource: p.fromSource, Seed: o.Seed,
		Settings: replay.PlanSettings{Faults: faults, Asked: chaos.Named(faults, o.Faults), Copies: o.Copies, Race: o.Race, Bursts: o.Bursts, BurstsAuto: o.BurstsAuto, Dense: o.Dense, Confidence: o.Confidence, Replicas: o.replicas,
			Late: late, KeepIDs: o.KeepIDs, Redis: o.WithRedis, Step: o.Step, Process: o.started, Sink: o.sink, Database: o.database, Clock: o.clock, Offered: o.offered, Signed: p.signed(), Unsigned: p.unsigned()},
	}
	if o.request != nil {
		p.input.Settings.Request, p.input.Settings.RequestFor = o.request.shown(), o.request.types
	}
	p.plan, err = chaos.Build(p.input)
	if err != nil {
		return nil, usagef("%w", err)
	}
	return p, o.findEffectKeys(p.plan.Events)
}

// withinSpan keeps the ages at which all providers of the run still redeliver: what an endpoint forgets later is no flaw.
func withinSpan(ages []time.Duration, sides []side) []time.Duration {
	span := sides[0].profile.RetrySpan
	for _, s := range sides {
		span = min(span, s.profile.RetrySpan)
	}
	kept := slices.DeleteFunc(slices.Clone(ages), func(age time.Duration) bool { return age >= span })
	if last := span - windowStep(span); len(kept) == 0 && last > 0 {
		kept = append(kept, last)
	}
	return kept
}

// selected applies --only.
func (o *PlanningOptions) selected(events []replay.Event) ([]replay.Event, error) {
	if len(o.Only) == 0 {
		return events, nil
	}
	for _, pattern := range o.Only {
		if _, err := path.Match(pattern, ""); err != nil {
			return nil, usagef("--only %q: not a pattern: use * for any text, as in 'invoice.*'", pattern)
		}
	}
	kept := slices.DeleteFunc(slices.Clone(events), func(e replay.Event) bool {
		return !slices.ContainsFunc(o.Only, func(p string) bool { ok, _ := path.Match(p, e.Type); return ok })
	})
	if len(kept) == 0 {
		return nil, usagef("--only %s: none of the %d events has such a type; there are %s", strings.Join(o.Only, ","), len(events), typesOf(events))
	}
	return kept, nil
}

func typesOf(events []replay.Event) string {
	var types []string
	for _, e := range events {
		if !slices.Contains(types, e.Type) {
			types = append(types, e.Type)
		}
	}
	if len(types) > 8 {
		return strings.Join(types[:8], ", ") + fmt.Sprintf(" and %d more", len(types)-8)
	}
	return strings.Join(types, ", ")
}

// tellOfFixtures says what was done to the fixtures' ids, and points out live ones.
func (o *PlanningOptions) tellOfFixtures(set fixture.Set, events []replay.Event, say func(string, ...any)) {
	if n, ids := fixture.Collisions(events); n > 0 {
		shared := "one id"
		if ids > 1 {
			shared = fmt.Sprintf("%d ids", ids)
		}
		what := "every delivery gets fresh ones, made from the seed (--keep-ids keeps them)"
		if o.KeepIDs {
			what = "with --keep-ids only the first of each id is sent"
		}
		say("%d events share %s: %s", n, shared, what)
	}
	tellLeftOut(set.Files, say)
	for _, e := range events {
		if e.Live {
			say("%s is from the provider's live mode: it may hold real customers' data", e.Fixture)
			break
		}
	}
}

// tellLeftOut says once for each reason what was left out. A folder may hold hundreds of the same kind.
func tellLeftOut(files []fixture.FileInfo, say func(string, ...any)) {
	byReason := map[string][]string{}
	var reasons []string
	for _, f := range files {
		if f.Reason == "" {
			continue
		}
		if byReason[f.Reason] == nil {
			reasons = append(reasons, f.Reason)
		}
		byReason[f.Reason] = append(byReason[f.Reason], f.Path)
	}
	for _, r := range reasons {
		paths := byReason[r]
		if len(paths) == 1 {
			say("left out %s: %s", paths[0], r)
			continue
		}
		say("left out %d files, %s and others (hookonce fixtures ls names them): each %s", len(paths), paths[0], r)
	}
}

// findEffectKeys reads --effect-key out of every body.
func (o *PlanningOptions) findEffectKeys(events []replay.Event) error {
	if o.EffectKey == "" {
		return nil
	}
	found := false
	for i := range events {
		e, err := events[i].Loaded()
		if err != nil {
			return usagef("fixture %w", err)
		}
		if key := o.effectKeyOf(e); key != "" {
			events[i].EffectKey, found = key, true
		}
	}
	if !found {
		return usagef("--effect-key %s: no event has a value there", o.EffectKey)
	}
	return nil
}

// effectKeyOf is what --effect-key finds in a loaded event; "" where it finds nothing.
func (o *PlanningOptions) effectKeyOf(e replay.Event) string {
	if o.EffectKey == "" {
		return ""
	}
	v := gjson.GetBytes(e.Body, o.EffectKey)
	if !v.Exists() || v.IsObject() || v.IsArray() {
		return ""
	}
	return v.String()
}
