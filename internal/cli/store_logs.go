package cli

import (
	"errors"

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
	flags.StringVarP(&params.Component, "component", "c", "", "only this component, such as database")
	flags.BoolVarP(&params.Follow, "follow", "f", false, "stream new lines as they are written")
	flags.BoolVarP(&params.Previous, "previous", "p", false, "logs from before the last restart")
	flags.BoolVar(&params.Timestamps, "timestamps", false, "prefix each line with its time")
	flags.IntVarP(&tail, "tail", "n", tail, "how many of the newest lines of each component to show: 0 to 5000")
	completeComponents(command, target)
	return command
}
