package audit

import (
	"strings"
	"testing"
	"time"

	"hookonce/replay"
)

const ms = time.Millisecond

// cmdAt is a command of evt_1 that was answered a millisecond later.
func cmdAt(at time.Duration, reply, text string) replay.Command {
	words := strings.Fields(text)
	c := replay.Command{At: at, Conn: 1, Event: "evt_1", Name: words[0], Args: words[1:]}
	if reply != "" {
		c.End, c.Reply = at+ms, reply
	}
	return c
}

func struckBy(fault string, c replay.Command) replay.Command {
	c.Fault = fault
	return c
}

func onConn(n int, c replay.Command) replay.Command {
	c.Conn = n
	return c
}

// tried is an attempt of evt_1.
func tried(n int, from, to time.Duration, status int) replay.Attempt {
	a := replay.Attempt{Delivery: n, Event: "evt_1", Start: from, LastByte: from, FirstByte: to, End: to, Status: status, Outcome: replay.Refused}
	if status == 200 {
		a.Outcome = replay.Acked
	}
	return a
}

// struckAt is an attempt during which something happened to the process.
func struckAt(kind replay.ProcessKind, a replay.Attempt) replay.Attempt {
	a.Struck, a.Outcome, a.Status, a.FirstByte = kind, replay.Unknown, 0, 0
	return a
}

// Each flaw is named from the commands it shows, and not from fewer.
func TestFlawsAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, code, want, says string
		late                   time.Duration
		moment                 replay.ProcessMoment
		attempts               []replay.Attempt
		commands               []replay.Command
	}{
		{name: "check-then-act", code: "double-processing", want: "check-then-act", says: "read done:evt_1 as absent",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 200), tried(2, 1*ms, 51*ms, 200)},
			commands: []replay.Command{cmdAt(2*ms, "0", "EXISTS done:evt_1"), cmdAt(3*ms, "0", "EXISTS done:evt_1"), cmdAt(40*ms, "OK", "SET done:evt_1 1 EX 60")}},
		{name: "read, written, read again", code: "double-processing",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 200), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(2*ms, "0", "EXISTS done:evt_1"), cmdAt(40*ms, "OK", "SET done:evt_1 1 EX 60"), cmdAt(61*ms, "1", "EXISTS done:evt_1")}},
		{name: "short lease", code: "double-processing", want: "lease-too-short", says: "expired 30ms before the work of delivery 1 ended",
			attempts: []replay.Attempt{tried(1, 0, 81*ms, 200), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 t PX 50 NX"), cmdAt(61*ms, "OK", "SET lock:evt_1 u PX 50 NX")}},
		{name: "no owner", code: "double-processing", want: "no-owner", says: "DEL by delivery 1 removed the lock of delivery 2",
			attempts: []replay.Attempt{tried(1, 0, 70*ms, 500), tried(2, 60*ms, 120*ms, 200), tried(3, 71*ms, 130*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 t PX 50 NX"), cmdAt(61*ms, "OK", "SET lock:evt_1 u PX 50 NX"),
				cmdAt(65*ms, "1", "DEL lock:evt_1"), cmdAt(72*ms, "OK", "SET lock:evt_1 v PX 50 NX")}},
		{name: "window", code: "double-processing", want: "window-too-short", says: "lock:evt_1 lives for 1 minute", late: 70 * time.Second,
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 200), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), cmdAt(61*ms, "OK", "SET lock:evt_1 p EX 60 NX")}},
		{name: "marker second", code: "double-processing", want: "marker-second", says: "delivery 1 did its work, Redis failed at the command",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 503), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 t PX 50 NX"), struckBy("cut-before", cmdAt(40*ms, "", "EVAL x 1 lock:evt_1 t done")),
				cmdAt(61*ms, "OK", "SET lock:evt_1 u PX 50 NX")}},
		{name: "without Redis", code: "double-processing", want: "fail-open", says: "2 effects for 0 claims",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 200), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{struckBy("error", cmdAt(1*ms, "", "SET lock:evt_1 p EX 60 NX")), struckBy("error", cmdAt(61*ms, "", "SET lock:evt_1 p EX 60 NX"))}},
		{name: "reply lost", code: "lost-event", want: "reply-lost", says: "the reply to SET lock:evt_1 was lost",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 500), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{struckBy("cut-after", cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX")), cmdAt(61*ms, "nil", "SET lock:evt_1 p EX 60 NX")}},
		{name: "reply lost with its connection", code: "lost-event", want: "reply-lost", says: "the driver, which sent it again,",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 500), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), cmdAt(40*ms, "1", "DEL lock:evt_1"),
				cmdAt(61*ms, "", "SET lock:evt_1 p EX 60 NX"), cmdAt(71*ms, "nil", "SET lock:evt_1 p EX 60 NX")}},
		{name: "sent again by its driver", code: "lost-event", want: "reply-lost", says: "the driver, which sent it again,",
			attempts: []replay.Attempt{tried(1, 0, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), onConn(2, cmdAt(71*ms, "nil", "SET lock:evt_1 p EX 60 NX"))}},
		{name: "claimed by two at once", code: "lost-event", want: "swallow",
			attempts: []replay.Attempt{tried(1, 0, 90*ms, 200), tried(2, 70*ms, 80*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), onConn(2, cmdAt(71*ms, "nil", "SET lock:evt_1 p EX 60 NX"))}},
		{name: "held when its reply was lost", code: "lost-event", says: "do not show why",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 500), tried(2, 60*ms, 90*ms, 503)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"),
				cmdAt(61*ms, "", "SET lock:evt_1 p EX 60 NX"), cmdAt(71*ms, "nil", "SET lock:evt_1 p EX 60 NX")}},
		{name: "release failed", code: "lost-event", want: "busy-200", says: "and so did the DEL that was to release lock:evt_1",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 500), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), struckBy("error", cmdAt(40*ms, "", "DEL lock:evt_1")),
				cmdAt(61*ms, "nil", "SET lock:evt_1 p EX 60 NX")}},
		{name: "release by script failed", code: "lost-event", want: "busy-200", says: "and so did the EVAL that was to release lock:evt_1",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 500), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 token EX 60 NX"), struckBy("error", cmdAt(40*ms, "", "EVAL x 1 lock:evt_1 token 0")),
				cmdAt(61*ms, "nil", "SET lock:evt_1 other EX 60 NX")}},
		{name: "killed with a claim for ever", code: "lost-event", want: "no-ttl", says: "without a time to live", moment: replay.MomentClaim,
			attempts: []replay.Attempt{struckAt("kill", tried(1, 0, 50*ms, 0)), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "1", "SETNX lock:evt_1 p"), cmdAt(61*ms, "0", "SETNX lock:evt_1 p")}},
		{name: "answered first", code: "lost-event", want: "ack-first", says: "answered 200 before it asked its Redis",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200)},
			commands: []replay.Command{cmdAt(6*ms, "OK", "SET lock:evt_1 token EX 60 NX")}},
		{name: "the subject's lock", code: "lost-event", want: "object-lock-200", says: "lock:sub_1 is one lock for all events of the subject: delivery 2",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 500), tried(2, 10*ms, 12*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:sub_1 t EX 60 NX"), cmdAt(2*ms, "OK", "SET lock:evt_1 t EX 60 NX"), cmdAt(11*ms, "nil", "SET lock:sub_1 u EX 60 NX")}},
		{name: "setnx, expire", code: "stuck", want: "setnx-expire", says: "SETNX and EXPIRE are two commands",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 503), tried(2, 60*ms, 90*ms, 503)},
			commands: []replay.Command{cmdAt(1*ms, "1", "SETNX lock:evt_1 p"), struckBy("cut-before", cmdAt(2*ms, "", "EXPIRE lock:evt_1 60"))}},
		{name: "busy", code: "lost-event", want: "busy-200", says: "delivery 2 found lock:evt_1 held by delivery 1",
			attempts: []replay.Attempt{tried(1, 0, 50*ms, 500), tried(2, 10*ms, 12*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), cmdAt(11*ms, "nil", "SET lock:evt_1 p EX 60 NX"), cmdAt(49*ms, "1", "DEL lock:evt_1")}},
		{name: "failure as duplicate", code: "lost-event", want: "fail-as-duplicate", says: "taken for a duplicate",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200)},
			commands: []replay.Command{struckBy("error", cmdAt(1*ms, "", "SET lock:evt_1 p EX 60 NX"))}},
		{name: "failure as duplicate, of whatever was asked", code: "lost-event", says: "do not show why",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200)},
			commands: []replay.Command{struckBy("error", cmdAt(1*ms, "", "PING"))}},
		{name: "paused past its lease", code: "double-processing", want: "no-fencing", says: "delivery 1 stood still for 2 minutes after it had claimed lock:evt_1, which lives for 1 minute",
			attempts: []replay.Attempt{struckAt("pause", tried(1, 0, 50*ms, 0)), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), cmdAt(61*ms, "OK", "SET lock:evt_1 p EX 60 NX")}},
		{name: "a pause shorter than the lease", code: "double-processing", says: "do not show why",
			attempts: []replay.Attempt{struckAt("pause", tried(1, 0, 50*ms, 0)), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 600 NX"), cmdAt(61*ms, "OK", "SET lock:evt_1 p EX 600 NX")}},
		{name: "killed after the effect", code: "double-processing", want: "marker-second", says: "killed between the effect of delivery 1", moment: replay.MomentEffect,
			attempts: []replay.Attempt{struckAt("kill", tried(1, 0, 50*ms, 0)), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "1", "EVALSHA abc 1 lock:evt_1")}},
		{name: "killed with its memory", code: "double-processing", want: "process-memory", says: "delivery 2 was new to it", moment: replay.MomentBefore,
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200), func() replay.Attempt { a := tried(2, 60*ms, 90*ms, 200); a.Struck = "kill"; return a }()}},
		{name: "killed with its claim", code: "lost-event", want: "busy-200", says: "the process was killed after delivery 1 had claimed", moment: replay.MomentClaim,
			attempts: []replay.Attempt{struckAt("kill", tried(1, 0, 50*ms, 0)), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 p EX 60 NX"), cmdAt(61*ms, "nil", "SET lock:evt_1 p EX 60 NX")}},
		{name: "no ttl", code: "lost-event", want: "no-ttl", says: "without a time to live",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 500), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET claim:evt_1 1 NX"), cmdAt(61*ms, "nil", "SET claim:evt_1 1 NX")}},
		{name: "done first", code: "lost-event", want: "done-first", says: "written by delivery 1 before its effect",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 500), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET done:evt_1 1 EX 600 NX"), cmdAt(61*ms, "nil", "SET done:evt_1 1 EX 600 NX")}},
		{name: "swallowed", code: "lost-event", want: "swallow", says: "its error was swallowed, or",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 1 EX 600 NX")}},
		{name: "taken for out of date", code: "lost-event", says: "do not show why",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "OK", "SET lock:evt_1 1 EX 600 NX"), cmdAt(2*ms, "1775041200", "GET version:sub_1")}},
		{name: "kept failure", code: "stuck", want: "cached-5xx", says: "holds 500",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 500), tried(2, 60*ms, 90*ms, 500)},
			commands: []replay.Command{cmdAt(1*ms, "nil", "GET answer:evt_1"), cmdAt(61*ms, "500", "GET answer:evt_1")}},
		{name: "nothing asked", code: "double-processing", want: "no-memory", says: "by its id",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200), tried(2, 60*ms, 90*ms, 200)}},
		{name: "scripts only", code: "double-processing", says: "do not show why",
			attempts: []replay.Attempt{tried(1, 0, 5*ms, 200), tried(2, 60*ms, 90*ms, 200)},
			commands: []replay.Command{cmdAt(1*ms, "1", "EVALSHA abc 1 lock:evt_1"), cmdAt(61*ms, "1", "EVALSHA abc 1 lock:evt_1")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := replay.History{Attempts: c.attempts, Commands: c.commands}
			h.Header.Profile.RetrySpan = 72 * time.Hour
			h.Plan = replay.Plan{Events: []replay.Event{{Key: "evt_1", Subject: "sub_1"}}, Settings: replay.PlanSettings{Redis: true}}
			for _, a := range c.attempts {
				d := replay.Delivery{N: a.Delivery, Event: "evt_1", Phase: replay.PhaseFault, Role: replay.RoleDuplicate}
				if c.late > 0 && a.Delivery == len(c.attempts) {
					d.Phase, d.Role, d.Wait = replay.PhaseLate, replay.RoleLate, c.late
				}
				if a.Struck != "" {
					d.Process = &replay.ProcessFault{Kind: a.Struck, Moment: c.moment, For: 2 * time.Minute}
				}
				h.Plan.Deliveries = append(h.Plan.Deliveries, d)
			}
			found := []Finding{{Code: c.code, Event: "evt_1", Severity: Violation, Effects: 2}}
			newDocket(&h).nameFlaws(found)
			got := found[0].Evidence.Flaw
			if got == nil || got.Name != c.want || !strings.Contains(got.Text, c.says) {
				t.Fatalf("%+v, want %q saying %q", got, c.want, c.says)
			}
			if c.want != "" && c.want != "no-memory" && c.want != "process-memory" && len(got.Commands) == 0 {
				t.Error("named without a command that shows it")
			}
		})
	}
}
