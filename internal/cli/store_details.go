package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newStoreLogsCommand(s Streams, target *target) *cobra.Command {
	var params apiclient.StreamStoreLogsParams
	tail := 200
	command := &cobra.Command{
		Use:   "logs NAME",
		Short: "Show what the parts of a store write",
		Long: `Show what the parts of a store write: all of them, each line behind the part's name, or the one that --component names.
The store's secrets are left out.`,
		Example:           "  shopflow store logs my-shop\n  shopflow store logs my-shop --component server --follow\n  shopflow store logs my-shop --previous   # what a part that crashed said last",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			if tail < 0 || tail > 5000 {
				return misused("--tail is 0 to 5000")
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			params.Tail = &tail
			return platform.Logs(command.Context(), args[0], params, &terminalWriter{to: s.Out})
		},
	}
	flags := command.Flags()
	flags.StringVarP(&params.Component, "component", "c", "", "only this part, such as server, web, worker, database or cache")
	flags.BoolVarP(&params.Follow, "follow", "f", false, "go on with what is written from now on")
	flags.BoolVarP(&params.Previous, "previous", "p", false, "the run before the last start")
	flags.BoolVar(&params.Timestamps, "timestamps", false, "begin each line with its time")
	flags.IntVarP(&tail, "tail", "n", tail, "how many of the newest lines of each part to begin with, at most 5000")
	complete(command, "component", "server", "web", "worker", "database", "cache")
	return command
}

// terminalWriter passes text on without what could take a terminal over: colours, cursor movements, invisible formatting.
type terminalWriter struct {
	to   io.Writer
	rest []byte // the beginning of a character whose end comes with the next piece
}

func (w *terminalWriter) Write(text []byte) (int, error) {
	all := append(w.rest, text...)
	whole := len(all)
	for i := 1; i < utf8.UTFMax && i <= len(all); i++ {
		if last := all[len(all)-i:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				whole -= i
			}
			break
		}
	}
	harmless := strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return printableRune(r)
	}, string(all[:whole]))
	w.rest = slices.Clone(all[whole:])
	if _, err := io.WriteString(w.to, harmless); err != nil {
		return 0, fmt.Errorf("write the logs: %w", err)
	}
	return len(text), nil
}

func newStoreEventsCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	command := &cobra.Command{
		Use:               "events NAME",
		Short:             "Show what Kubernetes reported about a store, newest first",
		Example:           "  shopflow store events my-shop",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			list, err := platform.Reports(command.Context(), args[0])
			if err != nil {
				return err
			}
			if len(list.Items) == 0 {
				fmt.Fprintln(s.Err, "Nothing was reported in the last hour.")
			}
			return printResult(s.Out, format, list, func() string { return describeReports(list) })
		},
	}
	format.addTo(command)
	return command
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
	format := outputTable
	command := &cobra.Command{
		Use:               "metrics NAME",
		Short:             "Show what a store uses: CPU, memory, volumes, requests",
		Example:           "  shopflow store metrics my-shop",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			metrics, err := platform.Metrics(command.Context(), args[0])
			if err != nil {
				return err
			}
			for _, missing := range metrics.Missing {
				fmt.Fprintln(s.Err, printable(missing)+".")
			}
			return printResult(s.Out, format, metrics, func() string { return describeMetrics(metrics) })
		},
	}
	format.addTo(command)
	return command
}

func describeMetrics(metrics apiclient.StoreMetrics) string {
	return columns(func(line func(cells ...string)) {
		line("PART", "PODS", "CPU", "OF", "MEMORY", "OF")
		for _, c := range metrics.Components {
			line(c.Name, strconv.Itoa(c.Pods), millicores(c.CPUMillicores), millicores(c.CPULimitMillicores), megabytes(c.MemoryBytes), megabytes(c.MemoryLimitBytes))
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
	format := outputTable
	command := &cobra.Command{
		Use:   "retry NAME",
		Short: "Try a store again at once",
		Long: `Try a store again at once. A store that failed is tried again by itself, but waits longer after each failure; this ends
the waiting. It does nothing to a store that is well.`,
		Example:           "  shopflow store retry my-shop",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			store, err := platform.Retry(command.Context(), args[0])
			if err != nil {
				return err
			}
			return printResult(s.Out, format, store, func() string { return fmt.Sprintf("Store %s is tried again\n", store.Name) })
		},
	}
	format.addTo(command)
	return command
}
