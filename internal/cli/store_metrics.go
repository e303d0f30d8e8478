package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newStoreMetricsCommand(s Streams, target *target) *cobra.Command {
	return query[apiclient.StoreMetrics]{
		use: "metrics", short: "Show a store's usage: CPU, memory, volumes, requests",
		example: "  shopflow store metrics my-shop",
		ask:     (*apiclient.Platform).Metrics, show: describeMetrics,
		notes: func(metrics apiclient.StoreMetrics) []string {
			notes := make([]string, 0, len(metrics.Missing))
			for _, missing := range metrics.Missing {
				notes = append(notes, printable(missing)+".")
			}
			return notes
		},
	}.command(s, target)
}

func describeMetrics(metrics apiclient.StoreMetrics) string {
	return columns(func(line func(cells ...string)) {
		line("COMPONENT", "PODS", "CPU", "OF", "MEMORY", "OF")
		for _, c := range metrics.Components {
			cpu, memory := "-", "-"
			if c.Measured {
				cpu, memory = millicores(c.CPUMillicores), megabytes(c.MemoryBytes)
			}
			line(c.Name, strconv.Itoa(c.Pods), cpu, millicores(c.CPULimitMillicores), memory, megabytes(c.MemoryLimitBytes))
		}
		for _, volume := range metrics.Volumes {
			line("volume "+volume.Name, "", "", "", "", megabytes(volume.CapacityBytes))
		}
		if n := metrics.Requests; n != nil {
			line(fmt.Sprintf("%d requests: %d served, %d redirects, %d client errors, %d server errors", n.Total, n.Ok, n.Redirects, n.ClientErrors, n.ServerErrors))
		}
	})
}

func millicores(n int64) string { return fmt.Sprintf("%d m", n) }

func megabytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
