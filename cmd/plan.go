package cmd

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"hookonce/replay"
)

// PlanOptions are the flags of plan.
type PlanOptions struct {
	PlanningOptions
	Out string
}

// NewPlanCmd prints a plan.
func NewPlanCmd(s *Streams) *cobra.Command {
	var o PlanOptions
	c := &cobra.Command{
		Use:   "plan [FIXTURE|DIR ...]",
		Short: "Print the plan; sends nothing",
		Long: `Prints what run would send: every delivery with its conditions. The same fixtures, flags and
seed give the same plan, byte for byte, on every machine. What depends on the endpoint stays
symbolic: "hang up at 0.5 x latency".
`,
		Annotations: map[string]string{more: "faults"},
		Example: `  hookonce plan ./fixtures/stripe --seed 7
  hookonce plan ./fixtures/stripe --faults race --out json`,
		RunE: func(c *cobra.Command, args []string) error { return runPlan(c, s, o, args) },
	}
	f := c.Flags()
	o.PlanningOptions.add(f)
	o.addSecrets(f)
	o.addConfig(f)
	f.StringVar(&o.Out, "out", "text", "text or json")
	return c
}

func runPlan(c *cobra.Command, s *Streams, o PlanOptions, args []string) error {
	args, err := o.configure(c, s, args, "out")
	if err != nil {
		return err
	}
	if len(args) == 0 && !o.describedFixtures() {
		return usagef("plan: name fixtures: files, folders, or - for stdin; for example: hookonce plan ./fixtures --seed 7")
	}
	if o.Out != "text" && o.Out != "json" {
		return usagef("--out %s: plan knows text and json", safe(o.Out))
	}
	o.completeSecrets(s)
	p, err := o.buildPlan(s, args, newProgress(s).Say)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(s.Out)
	if o.Out == "json" {
		err = printPlanJSON(w, p.plan)
	} else {
		err = printPlanText(w, p.plan)
	}
	if err != nil {
		return err
	}
	return w.Flush()
}

func printPlanJSON(w io.Writer, p replay.Plan) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(p)
}

func printPlanText(w io.Writer, p replay.Plan) error {
	fmt.Fprintf(w, "plan with seed %d for %s: %d events, %d deliveries at most, %d gates\n\n",
		p.Seed, p.Provider, len(p.Events), len(p.Deliveries), len(p.Gates()))
	if err := printPlanSummary(w, p); err != nil {
		return err
	}
	events := p.EventByKey()
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	phase := replay.Phase("")
	for _, d := range p.Deliveries {
		if d.Phase != phase {
			phase = d.Phase
			fmt.Fprintf(t, "\n%s\n", phaseText[phase])
		}
		e := events[d.Event]
		fmt.Fprintf(t, "  %d\t%s\t%s\t%s\t%s\t%s\n", d.N, startText(d), safe(e.Key), safe(e.Type), roleText(d), conditionText(d))
	}
	return t.Flush()
}

func printPlanSummary(w io.Writer, p replay.Plan) error {
	type row struct {
		deliveries int
		events     map[string]bool
	}
	rows := map[string]*row{}
	var order []string
	for _, d := range p.Deliveries {
		name := d.Fault
		if name == "" {
			name = "(" + string(d.Phase) + ")"
		}
		if rows[name] == nil {
			rows[name] = &row{events: map[string]bool{}}
			order = append(order, name)
		}
		rows[name].deliveries++
		rows[name].events[d.Event] = true
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "FAULT\tEVENTS\tDELIVERIES")
	for _, name := range order {
		fmt.Fprintf(t, "%s\t%d\t%d\n", name, len(rows[name].events), rows[name].deliveries)
	}
	for _, s := range p.Skipped {
		fmt.Fprintf(t, "%s\t-\tnot planned: %s\n", s.Fault, s.Reason)
	}
	return t.Flush()
}

// startText says when a delivery may start.
func startText(d replay.Delivery) string {
	switch {
	case d.Role == replay.RoleLate:
		return fmt.Sprintf("%s later", d.Wait)
	case d.After != 0 && d.Wait > 0:
		return fmt.Sprintf("%s after %d", d.Wait, d.After)
	case d.After != 0:
		return fmt.Sprintf("after %d", d.After)
	}
	return fmt.Sprintf("at %s", d.At.Round(time.Millisecond))
}

func roleText(d replay.Delivery) string {
	if d.OnlyUnacknowledged() {
		return string(d.Role) + " if unacknowledged"
	}
	return string(d.Role)
}

func conditionText(d replay.Delivery) string {
	var parts []string
	if d.Replica != 0 {
		parts = append(parts, fmt.Sprintf("replica %d", d.Replica))
	}
	if d.Gate != 0 {
		parts = append(parts, fmt.Sprintf("gate %d", d.Gate))
	}
	if d.Lag != nil {
		parts = append(parts, fmt.Sprintf("%g x latency behind", *d.Lag))
	}
	if h := d.HangUp; h != nil && h.Latency != nil {
		parts = append(parts, fmt.Sprintf("hang up at %g x latency", *h.Latency))
	}
	if h := d.HangUp; h != nil && h.Body != nil {
		parts = append(parts, fmt.Sprintf("break off after %g of the body", *h.Body))
	}
	if d.Signature != replay.SignValid {
		parts = append(parts, "signature "+string(d.Signature))
	}
	return strings.Join(parts, ", ")
}
