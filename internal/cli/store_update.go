package cli

import (
	"cmp"
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
	all     bool
	batch   int
	wait    bool
	timeout time.Duration
	format  output
}

func newStoreUpdateCommand(s Streams, target *target) *cobra.Command {
	opts := &storeUpdateOptions{format: outputTable}
	title := ""
	command := &cobra.Command{
		Use:   "update {NAME | --all}",
		Short: "Change the plan or the title of a store, or refresh what it runs",
		Long: `Change the plan or the title of a store, or refresh what it runs.

For another plan, the containers are replaced one after another: the shop is closed for the seconds in which its database starts again.
Volumes grow to the size of the plan, and never shrink. A plan that the cluster or a volume cannot take is refused, and the store stays as
it was, title and all. Another title closes nothing.

A store keeps the images and the chart that it was made with, so fixes of the platform reach it only with --refresh: the version stays,
and the containers are replaced as for another plan. ShopFlow then buys in the shop. If that fails, the store goes back to what it ran.
With --all, every store that you may change and that is not up to date is refreshed: one first, then --batch at a time. The first
one that goes back ends it.

With --wait, the command waits until the change is made and the shop has sold after it, or says why not.`,
		Example: `  shopflow store update my-shop --plan large --wait
  shopflow store update my-shop --display-name "My new shop"
  shopflow store update my-shop --refresh --wait
  shopflow store update --all --refresh`,
		Args: func(command *cobra.Command, args []string) error {
			if opts.all {
				return arguments()(command, args)
			}
			return arguments("NAME")(command, args)
		},
		ValidArgsFunction: completeNames(target),
		RunE: func(command *cobra.Command, args []string) error {
			if command.Flags().Changed("display-name") {
				opts.change.DisplayName = &title
			}
			named := command.Flags().Changed("plan") || opts.change.DisplayName != nil
			switch {
			case opts.all && (named || !opts.change.Refresh):
				return invalidUsage("--all is for --refresh alone: plans and titles are changed store by store")
			case opts.batch < 1 || command.Flags().Changed("batch") && !opts.all:
				return invalidUsage("--batch is for --all, and is at least 1")
			case !named && !opts.change.Refresh:
				return invalidUsage("say what to change: --plan (small, medium or large), --display-name or --refresh")
			}
			if err := checkTimeout(command, opts.wait || opts.all, opts.timeout); err != nil {
				return err
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			if opts.all {
				return refreshAll(command.Context(), s, platform, opts.batch, opts.timeout)
			}
			opts.name = args[0]
			return opts.run(command.Context(), s, platform)
		},
	}
	flags := command.Flags()
	flags.StringVar(&opts.change.Plan, "plan", "", "size of the store: small, medium or large")
	flags.StringVar(&title, "display-name", "", "title of the shop; empty for the store's name")
	flags.BoolVar(&opts.change.Refresh, "refresh", false, "give the store the images and the chart that the platform brings today for its version")
	flags.BoolVar(&opts.all, "all", false, "refresh every store that is not up to date, and wait")
	flags.IntVar(&opts.batch, "batch", 2, "how many stores --all refreshes at the same time")
	flags.BoolVar(&opts.wait, "wait", false, "wait until the change is made and the shop has sold after it")
	flags.DurationVar(&opts.timeout, "timeout", defaultUpdateTimeout, "how long to wait for a store, such as 90s or 10m")
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
		return printResult(s.Out, o.format, store, func() string { return fmt.Sprintf("Store %s changes\n", store.Name) })
	}
	if store, err = waitReady(ctx, s.Err, platform, store, o.timeout); err != nil {
		return err
	}
	if why := wentBack(store); why != "" && o.change.Refresh {
		return fmt.Errorf("store %s is not refreshed, it runs what it ran before: %s", store.Name, printable(why))
	}
	if why := message(store, v1alpha1.ReasonChangeRefused); why != "" {
		return fmt.Errorf("store %s stays as it was: %s", store.Name, printable(why))
	}
	if why := message(store, v1alpha1.ReasonCheckFailed); why != "" {
		return fmt.Errorf("store %s is changed, but did not sell afterwards: %s\nThe logs have the details: shopflow store logs %s", store.Name, printable(why), store.Name)
	}
	if why := message(store, v1alpha1.ReasonCannotCheck); why != "" {
		fmt.Fprintf(s.Err, "Whether the shop still sells could not be checked: %s\n", printable(why))
	}
	return printResult(s.Out, o.format, store, func() string {
		if o.change.Refresh {
			return fmt.Sprintf("Store %s runs what the platform brings today, and has sold with it\n", store.Name)
		}
		return fmt.Sprintf("Store %s has plan %s and title %q\n", store.Name, store.Plan, cmp.Or(store.DisplayName, store.Name))
	})
}

// message returns what the condition that has a reason says, empty if none has.
func message(store apiclient.Store, reason string) string {
	for _, condition := range store.Conditions {
		if condition.Reason == reason {
			return condition.Message
		}
	}
	return ""
}
