package cli

import (
	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

func newEngineCommand(s Streams) *cobra.Command {
	target := &target{}
	group := &cobra.Command{
		Use:   "engine",
		Short: "List the shop software that the platform can run",
		Long: `List the shop software that the platform can run.

Where the platform is and how to sign in is found as for "shopflow store".`,
		Example: "  shopflow engine list",
	}
	target.addTo(group)
	group.AddCommand(newEngineListCommand(s, target))
	asGroup(group)
	return group
}

func newEngineListCommand(s Streams, target *target) *cobra.Command {
	format := outputTable
	command := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the engines, with the reason for those that are unavailable",
		Example: "  shopflow engine list\n  shopflow engine list -o json | jq -r '.items[] | select(.available).name'",
		Args:    arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			list, err := platform.Engines(command.Context())
			if err != nil {
				return err
			}
			return printResult(s.Out, format, list, func() string { return engineTable(list.Items) })
		},
	}
	format.addTo(command)
	return command
}

func engineTable(engines []apiclient.Engine) string {
	return columns(func(line func(cells ...string)) {
		line("NAME", "TITLE", "VERSION", "AVAILABLE", "REASON")
		for _, engine := range engines {
			available := "no"
			if engine.Available {
				available = "yes"
			}
			line(engine.Name, engine.Title, orDash(engine.Version), available, engine.Reason)
		}
	})
}
