package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newStoreResetCommand(s Streams, target *target) *cobra.Command {
	confirmed, format := false, outputTable
	command := &cobra.Command{
		Use:   "reset NAME --yes-start-empty",
		Short: "Start a store again whose data is lost",
		Long: `Start a store again whose volumes are gone (state DataLost), with what is left of its data: with the sample shop where its
database is gone. Restore the volumes instead if you can. Any other store is refused.`,
		Example:           "  shopflow store reset my-shop --yes-start-empty",
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			if !confirmed {
				return invalidUsage("what is lost stays lost; say so with --yes-start-empty")
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			store, err := platform.Reset(command.Context(), args[0])
			if err != nil {
				return err
			}
			return printResult(s.Out, format, store, func() string { return fmt.Sprintf("Store %s starts again\n", store.Name) })
		},
	}
	command.Flags().BoolVar(&confirmed, "yes-start-empty", false, "confirm that what is lost stays lost")
	format.addTo(command)
	return command
}
