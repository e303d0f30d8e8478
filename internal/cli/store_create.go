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
	wishes  apiclient.CreateStore
	wait    bool
	timeout time.Duration
	format  output
}

func newStoreCreateCommand(s Streams, target *target) *cobra.Command {
	opts := &storeCreateOptions{format: outputTable}
	command := &cobra.Command{
		Use:   "create NAME --engine ENGINE",
		Short: "Make a store",
		Long: `Make a store. With --wait, the command shows how the store gets on, ends when it has sold something, and shows the receipt.

The name becomes the store's subdomain: 1 to 40 lower-case letters, digits or hyphens. Asking again with the same name and
the same wishes changes nothing and succeeds; other wishes for a name in use are refused.`,
		Example: `  shopflow store create my-shop --engine medusa --wait
  shopflow store create my-shop --engine medusa --plan medium --display-name "My Shop" --admin-email me@example.com
  shopflow store create my-shop --engine medusa --wait -o json | jq -r .url`,
		Args:              arguments("NAME"),
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(command *cobra.Command, args []string) error {
			opts.wishes.Name = args[0]
			if !command.Flags().Changed("engine") {
				return misused("--engine is missing; choose medusa or woocommerce")
			}
			if opts.timeout <= 0 {
				return misused("--timeout must be more than nothing, such as 5m")
			}
			platform, err := target.platform()
			if err != nil {
				return err
			}
			return opts.run(command.Context(), s, platform)
		},
	}
	flags := command.Flags()
	flags.StringVar(&opts.wishes.Engine, "engine", "", "shop software: medusa or woocommerce (required)")
	flags.StringVar(&opts.wishes.Version, "engine-version", "", "version of the shop software (default the newest that the platform offers)")
	flags.StringVar(&opts.wishes.Plan, "plan", "", "how much CPU, memory and storage the store gets: small, medium or large (default small)")
	flags.StringVar(&opts.wishes.DisplayName, "display-name", "", "title of the shop (default its name)")
	flags.StringVar(&opts.wishes.AdminEmail, "admin-email", "", "e-mail address with which the owner signs in to the shop's administration (default that of your account or, without one, owner@ and the store's host)")
	flags.BoolVar(&opts.wait, "wait", false, "wait until the store is Ready, and show how it gets there")
	flags.DurationVar(&opts.timeout, "timeout", defaultCreateTimeout, "how long --wait waits, such as 90s or 10m")
	opts.format.addTo(command)
	completeEngines(command, target)
	completePlans(command, target)
	return command
}

func (o *storeCreateOptions) run(ctx context.Context, s Streams, platform *apiclient.Platform) error {
	store, created, err := platform.Create(ctx, o.wishes)
	if err != nil {
		return err
	}
	if !created {
		fmt.Fprintf(s.Err, "Store %s is there already; nothing changed.\n", store.Name)
	}
	if o.wait {
		if store, err = waitReady(ctx, s.Err, platform, store, o.timeout); err != nil {
			return err
		}
	} else if store.State != apiclient.StoreStateReady {
		fmt.Fprintf(s.Err, "Look how it gets on: shopflow store get %s\n", store.Name)
	}
	return printResult(s.Out, o.format, store, func() string { return describeMade(store) })
}
