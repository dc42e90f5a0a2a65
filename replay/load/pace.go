package load

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Pace is how many deliveries a second are sent, over time.
type Pace struct {
	From, To  float64       // a second; a ramp goes from one to the other
	Amplitude float64       // of a sine around From; 0 for none
	Period    time.Duration // of the sine
}

// ParsePace reads a rate: "200" (constant), "10..500" (a ramp over the duration) or "100~50/30s" (a sine around 100,
// 50 up and down, once in 30 s).
func ParsePace(text string) (Pace, error) {
	mean, wave, sine := strings.Cut(text, "~")
	from, to, ramp := strings.Cut(text, "..")
	switch {
	case sine:
		amplitude, period, _ := strings.Cut(wave, "/")
		p := Pace{}
		var err error
		if p.From, err = perSecond(mean); err != nil {
			return Pace{}, err
		}
		p.To = p.From
		if p.Amplitude, err = perSecond(amplitude); err != nil {
			return Pace{}, err
		}
		if p.Period, err = time.ParseDuration(period); err != nil || p.Period <= 0 {
			return Pace{}, fmt.Errorf("%q: a sine needs its period, as in 100~50/30s", text)
		}
		if p.Amplitude >= p.From {
			return Pace{}, fmt.Errorf("%q: the amplitude must be smaller than the mean rate", text)
		}
		return p, nil
	case ramp:
		a, err := perSecond(from)
		if err != nil {
			return Pace{}, err
		}
		b, err := perSecond(to)
		return Pace{From: a, To: b}, err
	}
	v, err := perSecond(text)
	return Pace{From: v, To: v}, err
}

// maxRate is far beyond what one machine sends.
const maxRate = 10_000_000

func perSecond(text string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(text), "/s"), 64)
	if err != nil || !(v > 0) || v > maxRate {
		return 0, fmt.Errorf("%q is no rate: give deliveries a second, such as 200, a ramp such as 10..500, or a sine such as 100~50/30s", text)
	}
	return v, nil
}

func (p Pace) String() string {
	switch {
	case p.Amplitude > 0:
		return fmt.Sprintf("%g/s, %g up and down in %s", p.From, p.Amplitude, p.Period)
	case p.From != p.To:
		return fmt.Sprintf("%g/s to %g/s", p.From, p.To)
	}
	return fmt.Sprintf("%g/s", p.From)
}

// At is the planned rate after a time.
func (p Pace) At(elapsed, whole time.Duration) float64 {
	switch {
	case p.Amplitude > 0:
		return p.From + p.Amplitude*math.Sin(2*math.Pi*elapsed.Seconds()/p.Period.Seconds())
	case whole > 0:
		return p.From + (p.To-p.From)*min(1, elapsed.Seconds()/whole.Seconds())
	}
	return p.From
}

// pacer is vegeta's, for hits.
func (p Pace) pacer(hitsPerDelivery float64, whole time.Duration) vegeta.Pacer {
	rate := func(v float64) vegeta.Rate {
		// vegeta's rates are whole numbers; a long unit keeps fractions.
		const unit = 1000
		return vegeta.Rate{Freq: max(1, int(math.Round(v*hitsPerDelivery*unit))), Per: unit * time.Second}
	}
	switch {
	case p.Amplitude > 0:
		return vegeta.SinePacer{Period: p.Period, Mean: rate(p.From), Amp: rate(p.Amplitude)}
	case p.From != p.To:
		return vegeta.LinearPacer{StartAt: rate(p.From), Slope: (p.To - p.From) * hitsPerDelivery / whole.Seconds()}
	}
	// A linear pacer without a slope catches up by single hits; vegeta's constant one only by whole units.
	return vegeta.LinearPacer{StartAt: rate(p.From)}
}

// stoppable is a pacer that a context ends, in the middle of its waits: vegeta itself sleeps through a cancel.
type stoppable struct {
	vegeta.Pacer
	ctx context.Context
}

// Pace waits by itself and tells vegeta not to.
func (s stoppable) Pace(elapsed time.Duration, hits uint64) (time.Duration, bool) {
	if s.ctx.Err() != nil {
		return 0, true
	}
	wait, stop := s.Pacer.Pace(elapsed, hits)
	if stop || wait <= 0 {
		return 0, stop
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return 0, false
	case <-s.ctx.Done():
		return 0, true
	}
}

// unpaced sends as fast as answers come: the workers are the pace.
type unpaced struct{}

func (unpaced) Pace(time.Duration, uint64) (time.Duration, bool) { return 0, false }
func (unpaced) Rate(time.Duration) float64                       { return 0 }
