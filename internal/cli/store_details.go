package cli

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newStoreLogsCommand(s Streams, target *target) *cobra.Command {
	var params apiclient.StreamStoreLogsParams
	tail := 200
	command := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show the logs of a store",
		Long: `Show the logs of a store: of all components, each line prefixed with its component, or of the one that --component names.
The store's secrets are redacted. Control characters, such as color codes, are not sent to a terminal; a file or a pipe gets
every byte.`,
		Example:           "  shopflow store logs my-shop\n  shopflow store logs my-shop --component server --follow\n  shopflow store logs my-shop --previous   # the last lines of a crashed container",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			if tail < 0 || tail > 5000 {
				return invalidUsage("--tail must be 0 to 5000")
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			params.Tail = &tail
			if terminal(s.Out) == nil {
				return platform.Logs(command.Context(), args[0], params, s.Out)
			}
			sanitized := &terminalWriter{to: s.Out}
			return errors.Join(platform.Logs(command.Context(), args[0], params, sanitized), sanitized.Flush())
		},
	}
	flags := command.Flags()
	flags.StringVarP(&params.Component, "component", "c", "", "only this component: server, worker, database or cache of a medusa store; web or database of a woocommerce store")
	flags.BoolVarP(&params.Follow, "follow", "f", false, "stream new lines as they are written")
	flags.BoolVarP(&params.Previous, "previous", "p", false, "logs from before the last restart")
	flags.BoolVar(&params.Timestamps, "timestamps", false, "prefix each line with its time")
	flags.IntVarP(&tail, "tail", "n", tail, "how many of the newest lines of each component to show: 0 to 5000")
	complete(command, "component", "server", "worker", "web", "database", "cache")
	return command
}

func newStoreEventsCommand(s Streams, target *target) *cobra.Command {
	return query[apiclient.StoreEventList]{
		use: "events", short: "Show what Kubernetes reported about a store in the last hour, newest first",
		example: "  shopflow store events my-shop\n  shopflow store events my-shop -o json | jq -r '.items[].message'",
		ask:     (*apiclient.Platform).Events, show: describeReports,
		notes: func(list apiclient.StoreEventList) []string {
			if len(list.Items) == 0 {
				return []string{"Nothing was reported in the last hour."}
			}
			return nil
		},
	}.command(s, target)
}

func describeReports(list apiclient.StoreEventList) string {
	return columns(func(line func(cells ...string)) {
		line("AGE", "TYPE", "REASON", "OBJECT", "MESSAGE")
		for _, report := range list.Items {
			message := report.Message
			if report.Count > 1 {
				message += fmt.Sprintf(" (%d times)", report.Count)
			}
			line(age(time.Since(report.At)), string(report.Type), report.Reason, report.Object, message)
		}
	})
}

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
		line("PART", "PODS", "CPU", "OF", "MEMORY", "OF")
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

func newStoreRetryCommand(s Streams, target *target) *cobra.Command {
	return query[apiclient.Store]{
		use: "retry", short: "Retry a store immediately",
		long: `Retry a store immediately. ShopFlow retries a failed store automatically, but waits longer after each failure; this skips
the wait. A healthy store is not changed.`,
		example: "  shopflow store retry my-shop",
		ask:     (*apiclient.Platform).Retry,
		show:    func(store apiclient.Store) string { return fmt.Sprintf("Store %s is tried again\n", store.Name) },
	}.command(s, target)
}
