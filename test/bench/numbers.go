package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"shopflow.dev/shopflow/api/v1alpha1"
)

// comparison holds both arms and their ratio.
type comparison struct {
	Ours     arm     `json:"ours"`
	Baseline arm     `json:"baseline"`
	Ratio    float64 `json:"ratioOfMedians"`
}

// arm holds one arm's seconds.
type arm struct {
	P50     float64   `json:"p50Seconds"`
	P95     float64   `json:"p95Seconds"`
	Samples []float64 `json:"samplesSeconds"`
}

// phaseTime is when a phase was done, in seconds after the store was asked for.
type phaseTime struct {
	Phase string  `json:"phase"`
	P50   float64 `json:"doneAfterP50Seconds"`
}

func compare(ours, baseline []time.Duration) comparison {
	result := comparison{Ours: newArm(ours), Baseline: newArm(baseline)}
	if result.Ours.P50 > 0 {
		result.Ratio = result.Baseline.P50 / result.Ours.P50
	}
	return result
}

func newArm(samples []time.Duration) arm {
	seconds := make([]float64, len(samples))
	for i, sample := range samples {
		seconds[i] = sample.Seconds()
	}
	return arm{P50: quantile(seconds, 0.5), P95: quantile(seconds, 0.95), Samples: seconds}
}

// quantile returns the nearest-rank quantile of the samples, 0 if there is none.
func quantile(samples []float64, q float64) float64 {
	if len(samples) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(samples))
	rank := int(q*float64(len(sorted)) + 0.999999)
	return sorted[min(max(rank, 1), len(sorted))-1]
}

func summarize(runs []map[string]time.Duration) []phaseTime {
	var phases []phaseTime
	for _, phase := range v1alpha1.Phases() {
		var samples []time.Duration
		for _, run := range runs {
			if took, found := run[phase]; found {
				samples = append(samples, took)
			}
		}
		phases = append(phases, phaseTime{Phase: phase, P50: newArm(samples).P50})
	}
	return phases
}

func printReport(out io.Writer, machine string, r engineReport) {
	fmt.Fprintf(out, "\n%s: create to proven order, images present (%s, %d rounds each, arms alternating)\n", r.Engine, machine, len(r.Create.Ours.Samples))
	fmt.Fprintf(out, "  %-28s %8s %8s\n", "arm", "p50", "p95")
	fmt.Fprintf(out, "  %-28s %6.2f s %6.2f s\n", "ShopFlow", r.Create.Ours.P50, r.Create.Ours.P95)
	fmt.Fprintf(out, "  %-28s %6.2f s %6.2f s\n", "installed in the pod", r.Create.Baseline.P50, r.Create.Baseline.P95)
	fmt.Fprintf(out, "  ratio of medians %.1f\n\nPhases, done after (p50)\n", r.Create.Ratio)
	for _, phase := range r.Phases {
		fmt.Fprintf(out, "  %-28s %6.2f s\n", phase.Phase, phase.P50)
	}
	fmt.Fprintf(out, "\nIdle memory of one store (PSS)\n")
	var sum float64
	for _, part := range r.Memory {
		fmt.Fprintf(out, "  %-28s %6.0f MiB\n", part.Part, part.MiB)
		sum += part.MiB
	}
	fmt.Fprintf(out, "  %-28s %6.0f MiB\n", "all", sum)
	if r.Pages != nil {
		r.Pages.print(out)
	}
	if r.Proxies != nil {
		r.Proxies.print(out)
	}
}
