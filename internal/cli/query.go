package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

// query is a command that takes the name of a store, asks the platform for something of it, and shows the answer.
type query[T any] struct {
	use, short, long, example string
	ask                       func(platform *apiclient.Platform, ctx context.Context, name string) (T, error)
	show                      func(answer T) string
	// notes are lines beside the answer, such as what is missing in it; nil for none.
	notes func(answer T) []string
}

func (q query[T]) command(s Streams, target *target) *cobra.Command {
	format := outputTable
	command := &cobra.Command{
		Use: q.use + " NAME", Short: q.short, Long: q.long, Example: q.example,
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			platform, err := target.platform()
			if err != nil {
				return err
			}
			answer, err := q.ask(platform, command.Context(), args[0])
			if err != nil {
				return err
			}
			if q.notes != nil {
				for _, note := range q.notes(answer) {
					fmt.Fprintln(s.Err, note)
				}
			}
			return printResult(s.Out, format, answer, func() string { return q.show(answer) })
		},
	}
	format.addTo(command)
	return command
}
