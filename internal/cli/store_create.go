package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"shopflow.dev/shopflow/internal/apiclient"
)

const (
	defaultCreateTimeout = 5 * time.Minute
	defaultDeleteTimeout = 5 * time.Minute
)

type storeCreateOptions struct {
	spec    apiclient.CreateStore
	wait    bool
	timeout time.Duration
	format  output
}

func newStoreCreateCommand(s Streams, target *target) *cobra.Command {
	opts := &storeCreateOptions{format: outputTable}
	command := &cobra.Command{
		Use:   "create NAME --engine ENGINE",
		Short: "Create a store",
		Long: `Create a store. With --wait, the command shows progress, waits until the store has sold something, and prints the receipt.

The name becomes the store's subdomain: 1 to 40 lowercase letters, digits or hyphens. Creating the same store again succeeds
and changes nothing; different settings for a name in use are refused.`,
		Example: `  shopflow store create my-shop --engine medusa --wait
  shopflow store create my-shop --engine medusa --plan medium --display-name "My Shop" --admin-email me@example.com
  shopflow store create my-shop --engine medusa --wait -o json | jq -r .url`,
		Args:              arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(command *cobra.Command, args []string) error {
			opts.spec.Name = args[0]
			if !command.Flags().Changed("engine") {
				return invalidUsage("--engine is required; \"shopflow engine list\" shows the choices")
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
	flags.StringVar(&opts.spec.Engine, "engine", "", "shop software, by its name in \"shopflow engine list\" (required)")
	flags.StringVar(&opts.spec.Version, "engine-version", "", "version of the shop software (default the one that the platform offers)")
	flags.StringVar(&opts.spec.Plan, "plan", "", "size of the store: small, medium or large (default small)")
	flags.StringVar(&opts.spec.DisplayName, "display-name", "", "title of the shop (default its name)")
	flags.StringVar(&opts.spec.AdminEmail, "admin-email", "", "email address of the shop's administrator (default that of your account or, without one, owner@ and the store's host)")
	flags.BoolVar(&opts.wait, "wait", false, "wait until the store is Ready, and show progress")
	flags.DurationVar(&opts.timeout, "timeout", defaultCreateTimeout, "how long --wait waits, such as 90s or 10m")
	opts.format.addTo(command)
	completeEngines(command, target)
	completePlans(command, target)
	return command
}

func (o *storeCreateOptions) run(ctx context.Context, s Streams, platform *apiclient.Platform) error {
	store, created, err := platform.Create(ctx, o.spec)
	if err != nil {
		return err
	}
	if !created {
		fmt.Fprintf(s.Err, "Store %s already exists; nothing changed.\n", store.Name)
	}
	if o.wait {
		if store, err = waitReady(ctx, s.Err, platform, store, o.timeout); err != nil {
			return err
		}
	} else if store.State != apiclient.StoreStateReady {
		fmt.Fprintf(s.Err, "Check progress: shopflow store get %s\n", store.Name)
	}
	return printResult(s.Out, o.format, store, func() string { return describeCreated(store) })
}
