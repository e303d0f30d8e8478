package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/api/v1alpha1"
	"shopflow.dev/shopflow/internal/apiclient"
)

const defaultUpdateTimeout = 5 * time.Minute

type storeUpdateOptions struct {
	name    string
	change  apiclient.UpdateStore
	wait    bool
	timeout time.Duration
	format  output
}

func newStoreUpdateCommand(s Streams, target *target) *cobra.Command {
	opts := &storeUpdateOptions{format: outputTable}
	command := &cobra.Command{
		Use:   "update NAME --plan PLAN",
		Short: "Change the plan of a store",
		Long: `Change the plan of a store. Its containers are replaced one after another: the shop is closed for the seconds in which its
database starts again. Volumes keep their size. A plan that the cluster has no room for is refused, and the store stays as it was.

With --wait, the command waits until the store has the new plan, or says why it was refused.`,
		Example:           `  shopflow store update my-shop --plan large --wait`,
		Args:              arguments("NAME"),
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			opts.name = args[0]
			if !command.Flags().Changed("plan") {
				return invalidUsage("--plan is required: small, medium or large")
			}
			if err := checkTimeout(command, opts.wait, opts.timeout); err != nil {
				return err
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			return opts.run(command.Context(), s, platform)
		},
	}
	flags := command.Flags()
	flags.StringVar(&opts.change.Plan, "plan", "", "size of the store: small, medium or large (required)")
	flags.BoolVar(&opts.wait, "wait", false, "wait until the store has the new plan")
	flags.DurationVar(&opts.timeout, "timeout", defaultUpdateTimeout, "how long --wait waits, such as 90s or 10m")
	opts.format.addTo(command)
	completePlans(command, target)
	return command
}

func (o *storeUpdateOptions) run(ctx context.Context, s Streams, platform *apiclient.Platform) error {
	store, err := platform.Update(ctx, o.name, o.change)
	if err != nil {
		return err
	}
	if !o.wait {
		fmt.Fprintf(s.Err, "Check progress: shopflow store get %s\n", store.Name)
		return printResult(s.Out, o.format, store, func() string { return fmt.Sprintf("Store %s changes to plan %s\n", store.Name, store.Plan) })
	}
	if store, err = waitReady(ctx, s.Err, platform, store, o.timeout); err != nil {
		return err
	}
	if why := refusal(store); why != "" {
		return fmt.Errorf("store %s keeps its plan: %s", store.Name, printable(why))
	}
	return printResult(s.Out, o.format, store, func() string { return fmt.Sprintf("Store %s has plan %s\n", store.Name, store.Plan) })
}

// refusal says why the last change of a store was not made, empty if it was.
func refusal(store apiclient.Store) string {
	for _, condition := range store.Conditions {
		if condition.Type == v1alpha1.Updated && condition.Reason == v1alpha1.ReasonChangeRefused {
			return condition.Message
		}
	}
	return ""
}
